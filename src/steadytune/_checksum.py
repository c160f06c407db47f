"""SHA-256 of files, and JSON that knows its own: what has changed since is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

CHECKSUM = "checksum"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def with_checksum(content: dict[str, Any]) -> dict[str, Any]:
    """The object with the SHA-256 of its content."""
    return {**content, CHECKSUM: _checksum(json.loads(json.dumps(content, allow_nan=False)))}


def checked(content: dict[str, Any]) -> dict[str, Any]:
    """The object without its checksum; one that never had any is taken as it is.

    Raises:
        ValueError: If the content is not the one that was written.
    """
    if CHECKSUM not in content:
        return content
    rest = {key: value for key, value in content.items() if key != CHECKSUM}
    if content[CHECKSUM] != _checksum(rest):
        raise ValueError(f"it has changed since it was written; without {CHECKSUM} it is taken")
    return rest


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
