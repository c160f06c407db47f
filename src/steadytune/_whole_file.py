"""Files that others see whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from ._exceptions import ConfigError


def write_whole(path: str | Path, content: bytes) -> Path:
    """Write under a temporary name beside `path`, then rename; an older file is replaced.

    Returns:
        The path.

    Raises:
        ConfigError: If it cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
    try:
        _write_through(temporary, content)
        os.replace(temporary, target)
    except OSError as error:
        raise ConfigError(
            f"cannot write {target} ({error.strerror}): name a place that can be written to"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def write_json(path: str | Path, content: Any) -> Path:
    """Write JSON as `write_whole` writes; numbers must be finite."""
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
    return write_whole(path, f"{text}\n".encode())


def _write_through(path: Path, content: bytes) -> None:
    """A power failure after the renaming must not leave an empty file under the final name."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
