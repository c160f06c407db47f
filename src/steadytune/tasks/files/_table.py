"""Rows as a file holds them, each with its place in the file."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..._exceptions import DataError

_LONGEST_SHOWN = 60
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 2, _LONGEST_SHOWN, _LONGEST_SHOWN


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length, and where each row stands.

    Args:
        name: What messages call the file.
        columns: Name -> one value a row, as the file holds it; None where the row has none.
        numbers: One a row, counted from 1: the number of its line, row or entry.
        unit: What is counted: `line`, `row`, `entry` or `question`.
        class_names: Names of the classes of a column of class numbers, where the file has them.
        remarks: What was guessed in reading, for example what parts the fields.
        warnings: What looks wrong in the file, a line each.
    """

    name: str
    columns: dict[str, list[Any]]
    numbers: Sequence[int]
    unit: str = "row"
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def place(self, row: int) -> str:
        """`reviews.csv, line 3`."""
        return f"{self.name}, {self.unit} {self.numbers[row]}"

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


def table_of_records(
    records: Sequence[tuple[int, Mapping[str, Any]]], name: str, unit: str
) -> Table:
    """Rows that each name their fields, as columns; what a row lacks is None.

    Args:
        records: Number and fields of each row.
        name: What messages call the file.
        unit: What the numbers count.
    """
    names = dict.fromkeys(key for _, record in records for key in record)
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
