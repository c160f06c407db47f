"""Tables as data: the terminal and the page show the same cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from ...stats import Interval
from ..analysis.metric_display import NOT_AVAILABLE


@dataclass(frozen=True)
class Row:
    """A row: its label, the method it belongs to (None for none) and one text a column."""

    label: str
    cells: tuple[str, ...]
    method: str | None = None


@dataclass(frozen=True)
class Group:
    """Rows under a common heading, with a remark beside it."""

    heading: str
    rows: tuple[Row, ...]
    remark: str = ""


@dataclass(frozen=True)
class Table:
    """A titled table; `columns` names the cells of a row, `first` its label.

    `dispensable` columns are left out where there is no room for all of them.
    """

    title: str
    first: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()
    numeric: bool = True
    dispensable: tuple[str, ...] = ()

    def narrowed(self) -> Table:
        """The table without its dispensable columns."""
        kept = [i for i, name in enumerate(self.columns) if name not in self.dispensable]

        def cut(cells: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(cells[i] for i in kept)

        groups = (
            dataclasses.replace(
                group, rows=tuple(Row(r.label, cut(r.cells), r.method) for r in group.rows)
            )
            for group in self.groups
        )
        return dataclasses.replace(
            self, columns=cut(self.columns), groups=tuple(groups), dispensable=()
        )


def interval_text(interval: Interval | None, show: Callable[[float | None], str]) -> str:
    """`-0.4 to +1.9`, or n/a."""
    if interval is None:
        return NOT_AVAILABLE
    return f"{show(interval.low)} to {show(interval.high)}"
