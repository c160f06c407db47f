"""Opens files, compressed or not, and takes them apart into lines of checked text."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, TypeGuard

from ..._exceptions import DataError
from ._table import first_line

LONGEST_LINE = 10 * 2**20
"""Most bytes of one line: a longer one is not a row, but a file of another kind."""

LARGEST_FILE = 2**30
"""Most bytes of a file that has to be read as a whole."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """The bytes of a file; those of a `.gz` file are unpacked as they are read.

    Raises:
        DataError: The file cannot be opened, or not read to its end.
    """
    try:
        with _open(path) as file:
            yield file  # type: ignore[misc]  # a GzipFile reads like a BinaryIO
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise DataError(
            f"{name} cannot be read ({reason}): expected a file of rows; give another"
        ) from None


def text_lines(file: BinaryIO, name: str, encoding: str | None = None) -> Iterator[tuple[int, str]]:
    """Every line with its number, counted from 1, and with its line feed.

    Raises:
        DataError: A line is too long, has a NUL byte, or is not of the encoding, by default UTF-8.
    """
    if encoding is not None:
        text = whole_text(file, name, encoding)
        yield from enumerate(io.StringIO(text, newline="\n"), start=1)
        return
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise DataError(
                f"{name}, line {number} is longer than {LONGEST_LINE:,} bytes: expected one row "
                f"per line; is this another kind of file?"
            )
        yield number, _decode(line, number, name)


def whole_text(file: BinaryIO, name: str, encoding: str | None = None) -> str:
    """All of a file as text.

    Raises:
        DataError: The file is too large, has a NUL byte, or is not of the encoding, by default
            UTF-8.
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise DataError(
            f"{name} is larger than {LARGEST_FILE:,} bytes: expected less in one piece; "
            f"give JSON lines or Parquet"
        )
    if encoding is not None:
        return _decode_as(content, name, encoding)
    try:
        return _without_mark(content, name).decode("utf-8")
    except UnicodeDecodeError:
        # The line that is to blame is looked for only when it is known that there is one.
        for number, line in enumerate(content.split(b"\n"), start=1):
            _decode(line, number, name)
        raise


def is_empty(file: IO[bytes]) -> bool:
    """Whether a file has no byte; afterwards it stands at its start."""
    empty = not file.read(1)
    file.seek(0)
    return empty


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _decode(line: bytes, number: int, name: str) -> str:
    if number == 1:
        line = _without_mark(line, name)
    if b"\0" in line:
        raise DataError(
            f"{name}, line {number} contains a NUL byte: expected UTF-8 text; save it as UTF-8"
        )
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name}, line {number} contains the byte 0x{line[error.start]:02x} at position "
            f"{error.start + 1}: expected UTF-8 text; save the file as UTF-8, or name its "
            f"encoding, such as `encoding=cp1252`"
        ) from None


def _decode_as(content: bytes, name: str, encoding: str) -> str:
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except (UnicodeError, LookupError) as error:
        reason = f"{error.reason} at byte {error.start + 1}" if _has_place(error) else str(error)
        raise DataError(
            f"{name} is not encoded in {encoding} ({reason}): give another `encoding`"
        ) from None
    if "\0" in text:
        raise DataError(f"{name} contains a NUL in {encoding}: give another `encoding`")
    return text


def _has_place(error: Exception) -> TypeGuard[UnicodeDecodeError]:
    return isinstance(error, UnicodeDecodeError)


def _without_mark(content: bytes, name: str) -> bytes:
    if encoding := _OTHER_MARKS.get(content[:2]):
        raise DataError(
            f"{name} is in {encoding}: expected UTF-8 text; save the file as UTF-8, or give "
            f"`encoding={encoding.lower()}`"
        )
    return content.removeprefix(_BYTE_ORDER_MARK)
