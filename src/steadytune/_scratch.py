"""Folders for temporary files: gone when their process ends, or at the next call's beginning."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "steadytune-"
_LOCK = "in-use.lock"
_SECONDS_TO_LOCK = 60


@contextmanager
def scratch_folder(parent: str | None = None) -> Iterator[Path]:
    """A folder of this process for as long as the block lasts; those of killed ones are removed.

    Args:
        parent: Where it is; by default where temporary files go.
    """
    from filelock import FileLock

    parent = parent or tempfile.gettempdir()
    _sweep(Path(parent))
    folder = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent, ignore_cleanup_errors=True)
    with folder as name, FileLock(Path(name) / _LOCK):
        yield Path(name)


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # that of another user, or one that is going at this moment
            if not folder.is_symlink() and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether its process is gone: the system takes a lock back then."""
    from filelock import FileLock, Timeout

    if time.time() - folder.stat().st_mtime <= _SECONDS_TO_LOCK:
        return False  # it may be there and not be locked yet
    lock = folder / _LOCK
    if not lock.is_file():  # killed before it was locked
        return folder.is_dir() and not any(folder.iterdir())
    try:
        with FileLock(lock, timeout=0):
            return True
    except Timeout:
        return False
