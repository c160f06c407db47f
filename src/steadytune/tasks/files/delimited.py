"""Reads CSV and TSV: a header, then a row a record, each with as many fields as the header."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from ..._counted import counted
from ..._exceptions import DataError
from ._bytes import LONGEST_LINE, text_lines
from ._table import AS_USUAL, Reading, Table, listed, refuse_or_count, require_columns

COMMA, SEMICOLON, TAB, BAR = ",", ";", "\t", "|"

# Prose in quotes may have a line with as many commas as a row; of several lines, hardly all have.
_FEWEST_SWALLOWED = 2
_MOST_OF_THEM = 0.8

_NAMES = {SEMICOLON: "semicolons", TAB: "tabs", BAR: "bars"}


def read_csv(file: BinaryIO, name: str, how: Reading = AS_USUAL) -> Table:
    """Comma-separated values after RFC 4180; a quoted field can hold line breaks.

    Where semicolons, tabs or bars part the fields of header and first row, and commas do not, these
    are taken.

    Raises:
        DataError: The file is empty, has a header only, or a record cannot be read.
    """
    lines = [line for _, line in text_lines(file, name, how.encoding)]
    delimiter = how.delimiter or _delimiter(lines)
    found_out = delimiter != COMMA and how.delimiter is None
    remarks = (f"fields separated by {_NAMES[delimiter]}",) if found_out else ()
    return _table(lines, name, delimiter, remarks, quoted=True, how=how)


def read_tsv(file: BinaryIO, name: str, how: Reading = AS_USUAL) -> Table:
    """Tab-separated values, with fields quoted as in CSV if all of the file can be read so.

    Otherwise quotation marks are text, as is usual where texts are not quoted. So they are where
    fields in quotes would join lines that are each a row of several fields by themselves.

    Raises:
        DataError: The file is empty, has a header only, or a record cannot be read.
    """
    if how.delimiter not in (None, TAB):
        return read_csv(file, name, how)
    lines = [line for _, line in text_lines(file, name, how.encoding)]
    if not any('"' in line for line in lines):
        return _table(lines, name, TAB, quoted=False, how=how)
    quoted = _if_readable(lines, name, how, quoted=True)
    if quoted is not None and not _joins_rows(quoted, lines, name, how):
        return quoted
    return _table(lines, name, TAB, ("quotation marks are text",), quoted=False, how=how)


def _joins_rows(quoted: Table, lines: Sequence[str], name: str, how: Reading) -> bool:
    """Whether lines that a quotation joins have as many fields as the header, each by itself."""
    if len(quoted.columns) == 1:  # every line has one field, so that this says nothing
        return False
    plain = _if_readable(lines, name, how, quoted=False)
    if plain is None or len(plain) <= len(quoted):
        return False
    # Where bad rows are left out, the pieces of quoted texts must not pass for such rows.
    return _ragged(lines, name, csv.QUOTE_NONE) <= _ragged(lines, name, csv.QUOTE_MINIMAL)


def _ragged(lines: Sequence[str], name: str, quoting: int) -> int:
    """How many records have another number of fields than the header."""
    records = _records(lines, name, TAB, quoting)
    counts = [len(fields) for _, _, fields in records if not _is_blank(fields)]
    return sum(count != counts[0] for count in counts)


def _if_readable(lines: Sequence[str], name: str, how: Reading, *, quoted: bool) -> Table | None:
    try:
        return _table(lines, name, TAB, quoted=quoted, how=how)
    except DataError:
        return None


def _delimiter(lines: Sequence[str]) -> str:
    """What parts most fields of the header; commas where they part the first row alike."""
    fields = {mark: _field_counts(lines[:2], mark) for mark in (COMMA, TAB, SEMICOLON, BAR)}
    if len(set(fields[COMMA])) == 1 and fields[COMMA][0] > 1:
        return COMMA
    return max(fields, key=lambda mark: fields[mark][:1])


def _field_counts(lines: Sequence[str], delimiter: str) -> list[int]:
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        with _long_fields():
            return [len(fields) for fields in rows] or [0]
    except csv.Error:
        return [0]


def _table(
    lines: Sequence[str],
    name: str,
    delimiter: str,
    remarks: tuple[str, ...] = (),
    *,
    quoted: bool,
    how: Reading = AS_USUAL,
) -> Table:
    records = _records(lines, name, delimiter, csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
    first = next((fields for _, _, fields in records if not _is_blank(fields)), [])
    header = _checked_header(first, name)
    numbers: list[int] = []
    blank: list[int] = []
    warnings: list[str] = []
    faults: list[str] = []
    columns: list[list[Any]] = [[] for _ in header]
    for number, last, fields in records:
        if _is_blank(fields):
            blank.append(number)
            continue
        if len(fields) != len(header):
            faults.append(
                f"{name}, line {number} has {counted(len(fields), 'field')}: expected "
                f"{len(header)} ({listed(header, most=4)}); correct the file"
            )
            continue
        numbers.append(number)
        if _holds_rows(lines[number : last - 1], name, delimiter, len(header)):
            warnings.append(
                f"{name}, line {number}: a quoted field runs to line {last} and contains lines "
                f"that look like rows of their own; is a quotation mark missing or too many?"
            )
        for column, value in zip(columns, fields, strict=True):
            column.append(value)
    if faults:
        warnings.append(refuse_or_count(name, faults, how))
    if passed := [number for number in blank if number < max(numbers, default=0)]:
        warnings.append(
            f"{name}: {counted(len(passed), 'blank row')} left out, so that later rows move up; "
            f"the first is line {passed[0]}"
        )
    if not numbers:
        raise DataError(f"{name} has a header but no rows: expected one row or more")
    named = dict(zip(header, columns, strict=True))
    return Table(name, named, numbers, "line", remarks=remarks, warnings=tuple(warnings))


def _holds_rows(inner: Sequence[str], name: str, delimiter: str, fields: int) -> bool:
    """Whether the whole lines within a quoted field are rows by themselves, nearly all of them."""
    if len(inner) < _FEWEST_SWALLOWED or fields == 1:
        return False
    rows = 0
    for line in inner:
        try:
            found = _records([line], name, delimiter, csv.QUOTE_MINIMAL)
            rows += [len(f) for *_, f in found if not _is_blank(f)] == [fields]
        except DataError:
            continue
    return rows >= _MOST_OF_THEM * len(inner)


def _records(
    lines: Sequence[str], name: str, delimiter: str, quoting: Any
) -> Iterator[tuple[int, int, list[str]]]:
    """Every record, with the numbers of its first and its last line."""
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            with _long_fields():
                fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"{name}, line {start} is not a record ({error}): expected fields separated by "
                f"{delimiter!r}, in double quotes if they contain it; correct the file"
            ) from None
        yield start, reader.line_num, fields


def _is_blank(fields: Sequence[str]) -> bool:
    return not any(field.strip() for field in fields)


@contextmanager
def _long_fields() -> Iterator[None]:
    # The limit is the csv module's own, for all of the process.
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _checked_header(fields: list[str], name: str) -> list[str]:
    if not fields:
        raise DataError(f"{name} is empty: expected a header and one row or more")
    header = [field.strip() for field in fields]
    require_columns(header, name, ", line 1")
    return header
