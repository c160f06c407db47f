"""Folders that files are written to."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ._exceptions import ConfigError


def cache_folder() -> Path:
    """What may be made or fetched again: `STEADYTUNE_CACHE`, or the user's cache for steadytune."""
    import platformdirs

    return Path(os.environ.get("STEADYTUNE_CACHE") or platformdirs.user_cache_dir("steadytune"))


def make_folder(path: str | Path) -> Path:
    """The folder, made if it is not there.

    Raises:
        ConfigError: If it cannot be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"cannot make the folder {folder} ({error.strerror}): name another one"
        ) from error
    return folder


def require_writable(folder: Path, part: str) -> None:
    """Make a folder and a part of it, and try to write there, before work is spent on it.

    Raises:
        ConfigError: If nothing can be written.
    """
    try:
        (folder / part).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder / part):
            pass
    except OSError as error:
        raise ConfigError(
            f"cannot write to {folder} ({error.strerror}); name another folder with `out`"
        ) from error


def decoded(name: str) -> str:
    """A name of a file, or a command with some, as text that a file can hold.

    What the system could not read as text in its encoding is UTF-8, or becomes a mark.
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
