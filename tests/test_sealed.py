"""A sealed folder: whatever is missing or has changed is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadytune._sealed import SEAL, damage, is_sealed, seal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(b"weights")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b").write_bytes(b"")
    assert not is_sealed(tmp_path) and damage(tmp_path) == "it is not complete"
    seal(tmp_path)
    return tmp_path


def test_nothing_is_wrong_with_what_was_not_touched(folder: Path) -> None:
    (folder / "later").touch()
    assert is_sealed(folder) and damage(folder) is None


def test_all_files_are_on_the_disk_before_the_list_has_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the list could outlive, in a power failure, what it says is whole."""
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(handle: int) -> None:
        done.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        fsync(handle)

    def note_replace(old: Path, new: Path) -> None:
        assert old.name == done[-1]  # the list's own content too
        done.append(f"renamed {new.name}")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    seal(folder)
    assert done[:2] == ["a", "b"] and done[3:] == [f"renamed {SEAL}"]


def test_every_damage_is_named(folder: Path) -> None:
    (folder / "a").write_bytes(b"veights")
    assert damage(folder) == "a has changed"
    (folder / "a").unlink()
    assert damage(folder) == "a is missing"
    (folder / "a").symlink_to("nowhere")
    assert damage(folder) == "a is missing"
    (folder / "in" / "b").write_bytes(b" ")
    (folder / "a").unlink()
    (folder / "a").write_bytes(b"weights")
    assert damage(folder) == "in/b has changed"


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_content_of_the_list_is_judged(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sealed")
    (folder / SEAL).write_bytes(content)
    assert damage(folder) is None or isinstance(damage(folder), str)


def test_a_list_that_is_none_is_damage(folder: Path) -> None:
    for content in (b"", b"[]", b"[" * 100_000, b"{", b"\xff"):
        (folder / SEAL).write_bytes(content)
        assert damage(folder) == f"{SEAL} cannot be read"
