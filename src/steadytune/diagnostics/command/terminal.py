"""A diagnosis in the terminal: the numbers at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .diagnosis import Diagnosis
from .summary import advice, summary_table

if TYPE_CHECKING:
    from rich.console import Console


def print_summary(found: Diagnosis, console: Console) -> None:
    """The first table of the page, one line a number and one column a model, and what to do."""
    from rich.table import Table
    from rich.text import Text

    shown = summary_table(found)
    table = Table(title=None, box=None, pad_edge=False)
    table.add_column("")
    for label in shown.headings:
        table.add_column(Text(label), justify="right")
    for group in shown.groups:
        for line in group.rows:
            table.add_row(line.label, *line.cells)
    console.print(table)
    console.print(advice(found), markup=False, highlight=False, soft_wrap=True)
