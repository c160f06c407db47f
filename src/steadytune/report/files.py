"""Writing files that are whole or not there."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from .._exceptions import ConfigError


def write_file(path: str | Path, content: bytes) -> Path:
    """Write under a temporary name beside `path`, then rename.

    Raises:
        ConfigError: If it cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(
            f"cannot write {target} ({error.strerror}): name a place that can be written to"
        ) from error
    return target


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
