"""Files that anyone may have written: read with limits on kind, size and depth."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

NOT_REGULAR = "not a regular file"

LARGEST_LOG = 32 * 2**20
LARGEST_NOTE = 16 * 2**20
"""Most bytes of a trainer's log, and of records and the small files beside records and models.

As Python's objects they can take thirty times as much.
"""


@contextmanager
def open_regular(path: str | Path) -> Iterator[IO[bytes]]:
    """A regular file, open for reading; a pipe, a device or a socket would block or never end.

    Raises:
        ValueError: If it is another kind of file.
        OSError: If it cannot be opened.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(NOT_REGULAR)
        yield file


def read_regular(path: str | Path, largest: int = LARGEST_NOTE) -> bytes:
    """What a regular file holds.

    Raises:
        ValueError: If it is another kind of file, or larger than `largest` bytes.
        OSError: If it cannot be read.
    """
    with open_regular(path) as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"larger than {largest // 2**20} MB")
    return content


def parse_json(content: bytes, *, finite: bool = False) -> Any:
    """The value of a JSON text, nested 200 deep at most.

    Args:
        content: The text.
        finite: Whether NaN and infinity, which are not JSON, are refused.

    Raises:
        ValueError: If it is not JSON, with the reason.
    """
    from pydantic_core import from_json

    return from_json(content, allow_inf_nan=not finite)


def json_object(path: str | Path, largest: int = LARGEST_NOTE) -> dict[str, Any]:
    """The JSON object that a file holds.

    Raises:
        ValueError: If it holds something else.
        OSError: If it cannot be read.
    """
    value = parse_json(read_regular(path, largest))
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return value


def _without_waiting(path: str, flags: int) -> int:
    # Opening a pipe for reading waits for a writer otherwise.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
