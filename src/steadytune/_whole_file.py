"""Files and folders that others see whole or not at all, and what killed writers left of them.

Until one is whole it has a temporary name, and its writer a lock on it that the operating system
takes back when the writer ends.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from ._exceptions import ConfigError

_UNIQUE = f"{'[0-9a-f]' * 32}.tmp"
"""How temporary names end, as a pattern."""


def write_whole(path: str | Path, content: bytes, *, sweeps: bool = True) -> Path:
    """Write under a temporary name beside `path`, then rename; an older file is replaced.

    Args:
        path: The file.
        content: What it is to hold.
        sweeps: As for `temporary_beside`.

    Returns:
        The path.

    Raises:
        ConfigError: If it cannot be written.
    """
    with whole_file(path, sweeps=sweeps) as file:
        file.write(content)
    return Path(path)


@contextmanager
def whole_file(path: str | Path, *, sweeps: bool = True) -> Iterator[IO[bytes]]:
    """A file to write piece by piece: it takes its place when the block ends without an error.

    Args:
        path: The file.
        sweeps: As for `temporary_beside`.

    Raises:
        ConfigError: If it cannot be written.
    """
    target = Path(path)
    try:
        with temporary_beside(target, sweeps=sweeps) as temporary:
            with temporary.open("wb") as file:
                yield file
                # A power failure after the renaming must not leave an empty file under its name.
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
    except OSError as error:
        raise ConfigError(
            f"cannot write {target} ({error.strerror or error}): name a place that can be written "
            "to"
        ) from error


def write_json(path: str | Path, content: Any) -> Path:
    """Write JSON as `write_whole` writes; numbers must be finite."""
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
    return write_whole(path, f"{text}\n".encode())


@contextmanager
def temporary_beside(
    target: Path, make: Callable[[Path], object] = Path.touch, *, sweeps: bool = True
) -> Iterator[Path]:
    """A temporary file beside `target`: gone after the block, unless it was renamed.

    Args:
        target: What it is to become.
        make: Makes it, at the path that is given; `Path.mkdir` for a folder.
        sweeps: Whether what killed processes left of it is removed first: not in a folder of
            thousands of files, which is swept when it is locked.
    """
    if sweeps:
        sweep(target.parent, target.name)
    with ExitStack() as stack:
        while True:
            temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
            stack.callback(_remove, temporary)
            make(temporary)
            try:
                stack.callback(os.close, _lock(temporary))
            except (BlockingIOError, FileNotFoundError):
                continue
            except OSError:
                break  # this file system has no locks, and so nothing is swept there
            if temporary.exists():
                break  # else another process swept it before it was locked
        yield temporary


def sweep(folder: Path, name: str | None = None, *, alone: bool = False) -> None:
    """Remove what killed writers left in a folder; what others write at the moment stays.

    Args:
        folder: The folder; those in it stay as they are.
        name: Of the one file or folder that they wrote; None for all.
        alone: Whether nobody else writes there: then what this system cannot lock goes too.
    """
    for path in folder.glob(f".{'?*' if name is None else escape(name)}.{_UNIQUE}"):
        try:
            place = _lock(path)
        except BlockingIOError:
            continue
        except OSError:
            if alone:
                _remove(path)
            continue
        _remove(path)
        os.close(place)


def _lock(path: Path) -> int:
    """A descriptor that holds the lock on a file or folder.

    Raises:
        BlockingIOError: If another process holds it.
        OSError: If the path is gone, or cannot be locked.
    """
    try:
        import fcntl
    except ImportError as error:  # Windows
        raise OSError(str(error)) from error

    # Shared file systems lock only what may be written to.
    access = os.O_RDONLY if path.is_dir() else os.O_RDWR
    place = os.open(path, access | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(place)
        raise
    return place


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
