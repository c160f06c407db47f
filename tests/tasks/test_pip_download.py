"""pip fetches a pinned release, runs none of it, and its failures are told apart."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from steadytune._exceptions import DataError
from steadytune.tasks import _pip_download
from steadytune.tasks._pip_download import pip_download
from tests.tasks.synthetic_release import (
    cut_pip_off,
    point_pip_at,
    publish,
    rated_files,
    release_content,
)


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    point_pip_at(monkeypatch, folder)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_the_file_arrives_and_its_setup_script_never_runs(
    wheelhouse: Path, target: Path, tmp_path: Path
) -> None:
    marker = tmp_path / "setup-was-run"
    setup = f"open({str(marker)!r}, 'w').close()\nfrom setuptools import setup\nsetup()\n"
    content = release_content(rated_files(), setup)
    release = publish(wheelhouse, content)

    path = pip_download(release, target)

    assert path.read_bytes() == content
    assert not marker.exists()
    # The marker can tell: the same script leaves it when it is run.
    subprocess.run([sys.executable, "-c", setup.splitlines()[0]], check=True)
    assert marker.exists()


def test_another_hash_is_refused(wheelhouse: Path, target: Path) -> None:
    release = publish(wheelhouse, release_content(rated_files()))
    expected = dataclasses.replace(release, sha256="0" * 64)
    with pytest.raises(DataError, match="another sha256"):
        pip_download(expected, target)
    assert not (target / release.file_name).exists()


def test_an_index_without_the_release(wheelhouse: Path, target: Path) -> None:
    release = publish(wheelhouse, b"")
    (wheelhouse / release.file_name).unlink()
    with pytest.raises(DataError, match="does not have it"):
        pip_download(release, target)


def test_an_index_out_of_reach(
    wheelhouse: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = publish(wheelhouse, release_content(rated_files()))
    cut_pip_off(monkeypatch)
    with pytest.raises(DataError, match="cannot be reached"):
        pip_download(release, target)


def test_a_release_that_is_no_archive_gives_pips_own_reason(wheelhouse: Path, target: Path) -> None:
    release = publish(wheelhouse, b"not an archive")
    with pytest.raises(DataError) as caught:
        pip_download(release, target)
    assert str(caught.value).strip() and "\n" not in str(caught.value)


def test_modules_in_the_current_folder_do_not_shadow_pip(
    wheelhouse: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = publish(wheelhouse, release_content(rated_files()))
    (tmp_path / "pip.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    assert pip_download(release, target).is_file()


def test_a_python_without_pip(
    wheelhouse: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = publish(wheelhouse, release_content(rated_files()))
    monkeypatch.setattr(_pip_download.importlib.util, "find_spec", lambda name: None)
    reason = r"^this Python has no pip \(`python -m ensurepip` adds it\)$"
    with pytest.raises(DataError, match=reason):
        pip_download(release, target)


def test_a_pip_that_hangs_is_given_up(
    wheelhouse: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = publish(wheelhouse, release_content(rated_files()))
    monkeypatch.setattr(_pip_download, "TIMEOUT_SECONDS", 0.01)
    with pytest.raises(DataError, match=r"^pip did not finish within 0\.01 seconds$"):
        pip_download(release, target)


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("", "pip failed without a reason"),
        ("WARNING: odd\nERROR: first\nERROR: no space left\nmore", "no space left"),
    ],
)
def test_pips_own_reason_is_its_last_error(
    target: Path, monkeypatch: pytest.MonkeyPatch, printed: str, reason: str
) -> None:
    finished = subprocess.CompletedProcess([], 1, "", printed)
    monkeypatch.setattr(_pip_download.subprocess, "run", lambda *_, **__: finished)
    with pytest.raises(DataError, match=f"^{reason}$"):
        pip_download(_pip_download.SourceRelease("toy", "1.0", "0" * 64), target)


def test_a_pip_that_succeeds_without_the_file_has_failed(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(_pip_download.subprocess, "run", lambda *_, **__: finished)
    with pytest.raises(DataError, match="without a reason"):
        pip_download(_pip_download.SourceRelease("toy", "1.0", "0" * 64), target)
