"""Rows as a file holds them, each with its place in the file."""

from __future__ import annotations

import codecs
import reprlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..._checks import repeated
from ..._exceptions import ConfigError, DataError

_LONGEST_SHOWN = 60
_MOST_FAULTS = 10
_MOST_COLUMNS = 10_000
_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t"}
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 2, _LONGEST_SHOWN, _LONGEST_SHOWN


@dataclass(frozen=True)
class Reading:
    """How files are read.

    Args:
        encoding: Encoding of text, by a name that Python knows; None for UTF-8.
        delimiter: What parts the fields of CSV and TSV; None to find out.
        skip_bad: Whether bad rows are left out; else they are refused.

    Raises:
        ConfigError: The encoding is unknown, or the delimiter is not one character.
    """

    encoding: str | None = None
    delimiter: str | None = None
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if self.encoding is not None:
            _require_encoding(self.encoding)
        mark = _NAMED_DELIMITERS.get(self.delimiter or "", self.delimiter)
        object.__setattr__(self, "delimiter", mark)
        if mark is not None and (len(mark) != 1 or mark in '"\r\n'):
            raise ConfigError(
                f"delimiter {mark!r} is not one character: expected one such as ';' or '|', or tab"
            )


AS_USUAL = Reading()
"""UTF-8, delimiters found out, bad rows refused."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length, and where each row stands.

    Args:
        name: What messages call the file.
        columns: Name -> one value per row, as the file holds it; None where the row has none.
        numbers: One a row, counted from 1: the number of its line, row or entry.
        unit: What is counted: `line`, `row`, `entry` or `question`.
        class_names: Names of the classes of a column of class numbers, where the file has them.
        remarks: What was guessed in reading, for example what parts the fields.
        warnings: What looks wrong in the file, a line each.
        reading: How the file was read.
    """

    name: str
    columns: dict[str, list[Any]]
    numbers: Sequence[int]
    unit: str = "row"
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reading: Reading = AS_USUAL

    def __post_init__(self) -> None:
        require_columns(self.columns, self.name)

    def __len__(self) -> int:
        return len(self.numbers)

    def place(self, row: int) -> str:
        """`reviews.csv, line 3`."""
        return f"{self.name}, {self.unit} {self.numbers[row]}"

    def without(self, faults: Mapping[int, str]) -> Table:
        """The table without its bad rows, where these are to be left out.

        Args:
            faults: Row, counted from 0 -> the text of an error about it.

        Raises:
            DataError: Bad rows are refused, or no other is left; the text names the first ten.
        """
        if not faults:
            return self
        left_out = refuse_or_count(self.name, list(faults.values()), self.reading)
        kept = [row for row in range(len(self)) if row not in faults]
        if not kept:
            raise DataError(f"{self.name} has no good row: {next(iter(faults.values()))}")
        return replace(
            self,
            columns={name: [cells[row] for row in kept] for name, cells in self.columns.items()},
            numbers=[self.numbers[row] for row in kept],
            warnings=(*self.warnings, left_out),
        )

    def error(self, row: int, column: str, found: str, expected: str) -> DataError:
        """What to raise about one field.

        Args:
            row: Its row, counted from 0.
            column: Its column.
            found: What the field is or has, as the end of a sentence: `has no label`.
            expected: What it should be.
        """
        return DataError(
            f"{self.place(row)}, column {shown(column)} {found}: expected {expected}; "
            f"correct the file"
        )


def refuse_or_count(name: str, faults: Sequence[str], reading: Reading) -> str:
    """A line on bad rows that are left out.

    Args:
        name: What messages call the file.
        faults: The text of an error about each, at least one.
        reading: Whether they are left out.

    Raises:
        DataError: They are not; the text names the first ten.
    """
    short = [text.removeprefix(f"{name}, ").partition(": expected")[0] for text in faults]
    if reading.skip_bad:
        number = f"{len(faults)} bad row{'s' * (len(faults) > 1)}"
        return f"{name}: {number} left out: {_in_a_line(short[:_MOST_FAULTS], len(short))}"
    if len(faults) == 1:
        raise DataError(faults[0])
    raise DataError(
        f"{faults[0]}, or leave bad rows out with `skip_bad`; {len(faults) - 1} more: "
        f"{_in_a_line(short[1:_MOST_FAULTS], len(short) - 1)}"
    )


def _in_a_line(parts: Sequence[str], number: int) -> str:
    more = f"; and {number - len(parts)} more" if number > len(parts) else ""
    return "; ".join(parts) + more


def _require_encoding(name: str) -> None:
    try:
        known = codecs.lookup(name)
    except LookupError:
        known = None
    if known is None or not getattr(known, "_is_text_encoding", True):
        raise ConfigError(
            f"encoding {name!r} is unknown: expected one such as utf-8, cp1252, latin-1 or utf-16"
        )


def require_columns(names: Collection[str], name: str, place: str = "") -> None:
    """Refuse columns that are too many, or of one name, before anything is made of them.

    Args:
        names: Names of the columns.
        name: What messages call the file.
        place: Where in the file they are named.

    Raises:
        DataError: If they are.
    """
    if len(names) > _MOST_COLUMNS:
        raise DataError(
            f"{name} has {len(names):,} columns; expected at most {_MOST_COLUMNS:,}, so leave out "
            "what is neither text nor label"
        )
    for column in repeated(names):
        raise DataError(
            f"{name}{place} names the column {shown(column)} twice: expected distinct names; "
            "rename one"
        )


def table_of_records(
    records: Sequence[tuple[int, Mapping[str, Any]]], name: str, unit: str
) -> Table:
    """Rows that each name their fields, as columns; what a row lacks is None.

    Args:
        records: Number and fields of each row.
        name: What messages call the file.
        unit: What the numbers count.

    Raises:
        DataError: There are too many columns.
    """
    names = dict.fromkeys(key for _, record in records for key in record)
    require_columns(names, name)
    columns = {key: [record.get(key) for _, record in records] for key in names}
    return Table(name, columns, [number for number, _ in records], unit)


def shown(value: object) -> str:
    """A value in a message: quoted, on one line, and neither long nor deep."""
    return _SHORT.repr(value)


def listed(values: Sequence[object], most: int = 8, between: str = ", ") -> str:
    """The first few values in a message, and how many there are beyond.

    Args:
        values: What is listed.
        most: Most values that are shown.
        between: What stands between two of them.
    """
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return between.join(map(plain, values[:most])) + more


def plain(value: object) -> str:
    """A name in a message: as it is if it is short and can be printed, else quoted."""
    text = str(value)
    return text if text.isprintable() and 0 < len(text) <= _LONGEST_SHOWN else shown(value)


def first_line(error: BaseException) -> str:
    """What a library says of an error, for a message of one line."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".:") if lines else type(error).__name__
