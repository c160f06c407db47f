"""One bar for work that is counted in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def work_bar(console: Console, description: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar while the block lasts; only in a terminal.

    Args:
        console: Where it is shown.
        description: What is being done.
        total: How many batches there are.

    Yields:
        A function to call after every batch.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task(description, total=total)
    with bar:
        yield lambda: bar.advance(task)
