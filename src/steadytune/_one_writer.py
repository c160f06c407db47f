"""One writer a folder: a lock that the operating system takes back when its holder ends."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ._exceptions import ConfigError
from ._untrusted import json_object
from ._whole_file import sweep

LOCK = ".steadytune.lock"
"""The file that is locked, in the folder; it says who writes there."""

_WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP)
_LONGEST = 200
_BELOW = ("*/", "*/*/", "*/*/*/")  # checkpoints/members/runs


@contextmanager
def one_writer(folder: Path, command: str = "") -> Iterator[None]:
    """Keep every other writer out of a folder, and sweep what a killed one left there.

    The folder is made; where nothing has been written to it, it is gone afterwards.

    Args:
        folder: The folder.
        command: What is to be told to others who want to write there.

    Raises:
        ConfigError: If another process writes there, which is named; or if nobody can.
    """
    from filelock import FileLock, Timeout

    if os.path.exists(folder) and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name a folder with `out`")
    path, made = folder / LOCK, list[Path]()
    try:
        made = _make(folder)
        # A file that is there or not, in place of a lock, would stay when its process is killed.
        lock = FileLock(path, fallback_to_soft=False)
        lock.acquire(timeout=0)
        held = path.stat()
    except Timeout:
        raise ConfigError(
            f"{folder} is in use: {_holder(path)} writes there; wait until it has ended, or name "
            "another folder"
        ) from None
    except OSError as error:
        if made:  # else it may be another's
            with suppress(OSError):
                path.unlink()
        _remove(made)
        lacking = error.errno in _WITHOUT_LOCKS
        reason = "its file system has no locks" if lacking else error.strerror
        raise ConfigError(
            f"cannot write to {folder} ({reason}); name another folder with `out`"
        ) from error
    try:
        _sign(path, command)
        _sweep(folder)
        yield
    finally:
        # While the lock is held: whoever opened the file before then sees that it has no name.
        # A folder that was deleted may have been made anew, with the lock of another writer.
        with suppress(OSError):
            if os.path.samestat(held, path.stat()):
                path.unlink()
        lock.release()
        _remove(made)


def _make(folder: Path) -> list[Path]:
    """Make a folder; those that were not there, the innermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _remove(made: Sequence[Path]) -> None:
    """Remove folders that were made here, if nothing was written to them."""
    for place in made:
        with suppress(OSError):
            place.rmdir()


def _sign(path: Path, command: str) -> None:
    from .records.record import now

    text = json.dumps(
        {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": now(),
            "command": command or " ".join(sys.argv),
        }
    )
    with suppress(OSError):  # a full disk is told of by whoever needs it
        path.write_text(text, encoding="utf-8")


def _holder(path: Path) -> str:
    """Who holds the lock, as far as the file tells."""
    from .records.schema import clean_text

    try:
        told = json_object(path)
        pid, host, since, command = (
            clean_text(str(told[key]), _LONGEST) for key in ("pid", "host", "since", "command")
        )
        return f"process {pid} on {host}, since {since} ({command}),"
    except (OSError, ValueError, KeyError):
        return "another process"


def _sweep(folder: Path) -> None:
    """Remove what killed writers left here and as far below as any command writes."""
    for place in (folder, *(below for levels in _BELOW for below in folder.glob(levels))):
        sweep(place, alone=True)
