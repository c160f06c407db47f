"""Folders for temporary files: gone when their process ends, or at the next call's beginning."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock

_PREFIX = "steadytune-"
_LOCK = "in-use.lock"
_SECONDS_TO_LOCK = 60


@contextmanager
def scratch_folder(parent: str | None = None) -> Iterator[Path]:
    """A folder of this process for as long as the block lasts; those of killed ones are removed.

    Args:
        parent: Where it is; by default where temporary files go.
    """
    parent = parent or tempfile.gettempdir()
    _sweep(Path(parent))
    folder, lock = _locked_folder(parent)
    with folder as name:
        try:
            yield Path(name)
        finally:
            lock.release()


def _locked_folder(parent: str) -> tuple[tempfile.TemporaryDirectory[str], FileLock]:
    """A new folder with its lock held; another one where a sweep took it before it was locked."""
    from filelock import FileLock

    while True:
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent, ignore_cleanup_errors=True)
        path = Path(folder.name) / _LOCK
        lock = FileLock(path, fallback_to_soft=False)
        try:
            lock.acquire()
        except FileNotFoundError:
            pass
        except OSError:
            return folder, lock  # this file system has no locks, and so nothing is swept there
        if path.exists():
            return folder, lock
        lock.release()
        folder.cleanup()


def _sweep(parent: Path) -> None:
    from filelock import FileLock, Timeout

    for folder in parent.glob(f"{_PREFIX}*"):
        lock = folder / _LOCK
        # Another user's folder, one that is going at this moment, or one in use.
        with suppress(OSError, Timeout):
            if folder.is_symlink():
                continue
            if lock.is_file():
                with FileLock(
                    lock, timeout=0, fallback_to_soft=False
                ):  # the system takes back a killed process's lock
                    shutil.rmtree(folder, ignore_errors=True)
            elif time.time() - folder.stat().st_mtime > _SECONDS_TO_LOCK:
                folder.rmdir()  # killed before it was locked: then it is empty
