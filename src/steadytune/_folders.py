"""Folders that files are written to."""

from __future__ import annotations

from pathlib import Path

from ._exceptions import ConfigError


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
