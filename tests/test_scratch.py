"""Temporary folders: gone with their block, or with the next call if their process was killed."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from steadytune._scratch import scratch_folder

BE_KILLED = (
    "import os, signal; from steadytune._scratch import scratch_folder\n"
    "with scratch_folder() as folder:\n"
    "    (folder / 'weights').touch(); os.kill(os.getpid(), signal.SIGKILL)"
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_gone_with_its_block(temporary: Path) -> None:
    with scratch_folder() as folder, scratch_folder() as other:
        assert folder != other and folder.is_dir() and other.is_dir()
    assert list(temporary.iterdir()) == []


def test_others_are_left_alone(temporary: Path) -> None:
    (temporary / "steadytune-mine").mkdir()
    (temporary / "steadytune-mine" / "notes").touch()
    (temporary / "steadytune-new").mkdir()
    (temporary / "steadytune-link").symlink_to(temporary / "steadytune-mine")
    with scratch_folder():
        pass
    assert len(list(temporary.iterdir())) == 3


def test_one_that_was_killed_before_it_wrote_is_swept_later(temporary: Path) -> None:
    (temporary / "steadytune-old").mkdir()
    os.utime(temporary / "steadytune-old", (1, 1))
    with scratch_folder():
        pass
    assert list(temporary.iterdir()) == []


def test_without_locks_a_folder_is_made_and_those_of_others_stay(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = temporary / "steadytune-other"
    other.mkdir()
    (other / "in-use.lock").touch()

    def refuse(*given: Any) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with scratch_folder() as folder:
        assert folder.is_dir() and other.is_dir()
    assert list(temporary.iterdir()) == [other]


@pytest.mark.alone
def test_that_of_a_killed_process_is_swept(temporary: Path) -> None:
    subprocess.run([sys.executable, "-c", BE_KILLED], env={**os.environ, "TMPDIR": str(temporary)})
    (left,) = temporary.iterdir()
    with scratch_folder():
        assert not left.is_dir() and len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []


def test_a_folder_that_was_swept_before_it_was_locked_is_made_anew(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may look between the making of the lock's file and the locking."""
    made: list[Path] = []

    class Swept(FileLock):
        def acquire(self, *args: Any, **given: Any) -> Any:
            found = super().acquire(*args, **given)
            made.append(Path(self.lock_file).parent)
            if len(made) == 1:
                shutil.rmtree(made[0])
            return found

    monkeypatch.setattr("filelock.FileLock", Swept)
    with scratch_folder() as folder:
        assert folder.is_dir() and folder == made[1] != made[0]
    assert list(temporary.iterdir()) == []
