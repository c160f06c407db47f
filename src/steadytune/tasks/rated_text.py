"""Reads tab-separated files of human-rated texts: identifier, mean rating, text."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .._exceptions import DataError

HIGHEST_RATING = 4.0

_DECIMAL = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class RatedText:
    """One text and the mean of its human ratings.

    Args:
        line: Its line in the file, counted from 1.
        identifier: What the file calls it.
        rating: Mean rating, between -4 (extremely negative) and 4 (extremely positive).
        text: The text, its HTML entities decoded and each run of white space one blank.
    """

    line: int
    identifier: str
    rating: float
    text: str


def read_rated_texts(content: bytes, name: str) -> list[RatedText]:
    """Parse a whole file.

    Args:
        content: The file's bytes: UTF-8, a row per line, three fields separated by tabs.
        name: What messages call the file.

    Raises:
        DataError: The file is empty, is not UTF-8, or a row is not as described; the text names
            the file and the line.
    """
    rows = [_parse_row(line, number, name) for number, line in _lines(content, name)]
    if not rows:
        raise DataError(f"{name} is empty: expected identifier, rating and text on each line")
    _refuse_repeated_identifiers(rows, name)
    return rows


def _lines(content: bytes, name: str) -> Iterator[tuple[int, str]]:
    # Split at line feeds alone: str.splitlines also splits at characters that stand in texts.
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        yield number, _decode(line, number, name)


def _decode(line: bytes, number: int, name: str) -> str:
    if b"\0" in line:
        raise _bad_line(name, number, "contains a NUL byte", "plain UTF-8 text")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"contains the byte 0x{line[error.start]:02x} at position {error.start + 1}"
        raise _bad_line(name, number, found, "UTF-8 text") from None


def _parse_row(line: str, number: int, name: str) -> RatedText:
    fields = line.split("\t")
    if len(fields) != 3:
        found = f"has {len(fields)} tab-separated fields"
        raise _bad_line(name, number, found, "3: identifier, rating, text")
    identifier, rating, text = (field.strip() for field in fields)
    clean = _clean(text)
    if not identifier or not clean:
        found = f"has no {'text' if identifier else 'identifier'}"
        raise _bad_line(name, number, found, "identifier, rating and text")
    return RatedText(number, identifier, _parse_rating(rating, number, name), clean)


def _parse_rating(field: str, number: int, name: str) -> float:
    rating = float(field) if _DECIMAL.fullmatch(field) else math.nan
    if not abs(rating) <= HIGHEST_RATING:
        found = f"has the rating {field[:40]!r}"
        raise _bad_line(name, number, found, f"a number from -{HIGHEST_RATING:g} to 4")
    return rating


def _clean(text: str) -> str:
    # Some entities were encoded twice where the texts were collected: `&amp;amp;`.
    return " ".join(html.unescape(html.unescape(text)).split())


def _refuse_repeated_identifiers(rows: list[RatedText], name: str) -> None:
    first_lines: dict[str, int] = {}
    for row in rows:
        first = first_lines.setdefault(row.identifier, row.line)
        if first != row.line:
            found = f"repeats the identifier {row.identifier[:40]!r} of line {first}"
            raise _bad_line(name, row.line, found, "one row an identifier")


def _bad_line(name: str, number: int, found: str, expected: str) -> DataError:
    return DataError(f"{name}, line {number} {found}: expected {expected}; correct the file")
