"""How far a round of trainings is: one bar that moves with every step, or one line a round."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from .._counted import counted
from ..records.record import Record
from ..records.spec import RunSpec


class FitProgress:
    """Shows one round; a context manager whose methods an executor calls.

    Args:
        console: Where to print.
        what: What the trainings are for.
        specs: The trainings.
    """

    def __init__(self, console: Console, what: str, specs: Sequence[RunSpec]) -> None:
        self._console = console
        self._what = what
        self._count = len(specs)
        self._ended = 0
        self._units: dict[str, tuple[int, int]] = {}
        self._started = time.monotonic()
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=None)

    def __enter__(self) -> FitProgress:
        self._bar.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._bar.stop()
        if kind is None:
            seconds = time.monotonic() - self._started
            self._console.print(
                f"{self._what}: {counted(self._count, 'training')}, {seconds:.0f} s",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def on_progress(self, spec: RunSpec, done: int, total: int) -> None:
        """A training has done so many of its units of work."""
        self._units[spec.hash] = (done, total)
        self._update()

    def on_record(self, record: Record) -> None:
        """A training has ended."""
        _, total = self._units.get(record.spec_hash, (0, 0))
        self._units[record.spec_hash] = (total, total)
        self._ended += 1
        self._update()

    def _update(self) -> None:
        totals = [total for _, total in self._units.values()]
        expected = sum(totals) / len(totals) * self._count if totals else 0
        self._bar.update(
            self._task,
            completed=sum(done for done, _ in self._units.values()),
            total=expected or None,
            description=f"{self._what}: {self._ended} of {self._count}",
        )
