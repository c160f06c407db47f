"""Files are there whole or not at all."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune._whole_file import sweep, temporary_beside, write_json, write_whole

LEFT = f".weights.{'0123456789abcdef' * 2}.tmp"
"""What a killed writer leaves."""

BE_KILLED = (
    "import os, signal, sys; from pathlib import Path\n"
    "from steadytune._whole_file import temporary_beside\n"
    "with temporary_beside(Path(sys.argv[1])) as left:\n"
    "    left.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)"
)


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_whole(path, b"one") == path
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_json_is_text_that_ends_with_a_line(tmp_path: Path) -> None:
    path = write_json(tmp_path / "file.json", {"name": "é", "value": [1.5, None]})
    assert path.read_text(encoding="utf-8").endswith("}\n")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, float("nan"))
    assert "é" in path.read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_to_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "file", tmp_path):
        with pytest.raises(ConfigError, match="cannot write") as caught:
            write_whole(path, b"x")
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_older_file_stays_if_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = write_whole(tmp_path / "file", b"old")

    def fail(handle: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((ConfigError, KeyboardInterrupt)):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir])
def test_what_was_left_goes_and_what_is_being_written_stays(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    others = {".weights.tmp", LEFT[1:], f".{LEFT[-36:]}", LEFT.removesuffix(".tmp")}
    for name in others:
        (tmp_path / name).touch()
    make(tmp_path / LEFT)
    with temporary_beside(tmp_path / "file", make) as written:
        sweep(tmp_path)
        sweep(tmp_path, alone=True)
        assert {path.name for path in tmp_path.iterdir()} == {*others, written.name}
    assert {path.name for path in tmp_path.iterdir()} == others


@pytest.mark.alone
def test_what_a_killed_process_left_goes_when_the_next_writes_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    subprocess.run([sys.executable, "-c", BE_KILLED, str(path)])
    (left,) = tmp_path.iterdir()
    assert left.read_bytes() == b"half"
    write_whole(path, b"whole")
    assert list(tmp_path.iterdir()) == [path]


def test_a_temporary_file_that_was_swept_before_it_was_locked_is_made_anew(tmp_path: Path) -> None:
    """Another process may look between the making and the locking."""
    made: list[Path] = []

    def make(path: Path) -> None:
        made.append(path)
        if len(made) > 1:
            path.touch()

    with temporary_beside(tmp_path / "file", make) as written:
        assert written == made[1] != made[0]
    assert list(tmp_path.iterdir()) == []


def test_without_locks_files_are_written_and_only_a_sole_writer_sweeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    (tmp_path / LEFT).touch()
    path = write_whole(tmp_path / "file", b"whole")
    assert {found.name for found in tmp_path.iterdir()} == {"file", LEFT}
    sweep(tmp_path, alone=True)
    assert list(tmp_path.iterdir()) == [path]
