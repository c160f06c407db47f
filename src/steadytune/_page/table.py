"""Tables as data: page, terminal and Markdown show the same cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column: its heading, and what it says of one thing.

    A `dispensable` column is left out where there is no room for all of them.
    """

    heading: str
    of: Callable[[T], str]
    dispensable: bool = False


@dataclass(frozen=True)
class Row:
    """A row: its label, one text a column, and whose colour it has (None for nobody's)."""

    label: str
    cells: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True)
class Group:
    """Rows under a common heading, with a remark beside it."""

    heading: str
    rows: tuple[Row, ...]
    remark: str = ""


@dataclass(frozen=True)
class Table:
    """A titled table.

    Args:
        title: Stands above it.
        first: Heads the labels of the rows.
        columns: The other columns, in the order of the cells.
        groups: The rows.
        notes: Stand below it.
        numeric: Whether the cells are numbers rather than words.
    """

    kind: ClassVar = "table"

    title: str
    first: str
    columns: tuple[Column[Any], ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()
    numeric: bool = True

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of `columns`."""
        return tuple(column.heading for column in self.columns)

    def narrowed(self) -> Table:
        """The table without its dispensable columns."""
        kept = [i for i, column in enumerate(self.columns) if not column.dispensable]

        def cut(row: Row) -> Row:
            return dataclasses.replace(row, cells=tuple(row.cells[i] for i in kept))

        groups = (
            dataclasses.replace(group, rows=tuple(map(cut, group.rows))) for group in self.groups
        )
        columns = tuple(self.columns[i] for i in kept)
        return dataclasses.replace(self, columns=columns, groups=tuple(groups))


def row(label: str, columns: Iterable[Column[T]], of: T, name: str | None = None) -> Row:
    """A row with what each of the columns says of one thing."""
    return Row(label, tuple(column.of(of) for column in columns), name)
