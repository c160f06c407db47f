"""The progress of many runs in the terminal: a bar with time left, or plain lines."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .records.schema import Record, clean_text
from .records.spec import RunSpec


class StudyProgress:
    """Shows how far a study is; a context manager whose methods an executor calls.

    In a terminal a bar moves with every step of every run. Elsewhere each finished run is a line.

    Args:
        console: Where to print.
        runs: How many runs there are to do.
    """

    def __init__(self, console: Console, runs: int) -> None:
        self._console = console
        self._runs = runs
        self._ended: set[str] = set()
        self._units: dict[str, tuple[int, int]] = {}
        self._started = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=120,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(self._description(), total=None)

    def __enter__(self) -> StudyProgress:
        self._started = time.monotonic()
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def on_progress(self, spec: RunSpec, done: int, total: int) -> None:
        """A run has done so many of its units of work."""
        self._units[spec.hash] = (done, total)
        self._update()

    def on_record(self, record: Record) -> None:
        """A run has ended."""
        key = record.spec_hash
        _, total = self._units.get(key, (0, 0))
        self._units[key] = (total, total)
        self._ended.add(key)
        self._update()
        left = time_left(time.monotonic() - self._started, *self.units)
        remark = "" if left is None or self._bar.disable is False else f" ({left} left)"
        count = f"[{len(self._ended)}/{self._runs}]"
        self._console.print(f"{count} {describe_record(record)}{remark}", markup=False)

    @property
    def units(self) -> tuple[int, int]:
        """Units of work done, and of all runs; runs that have not begun count as the others do."""
        done = sum(done for done, _ in self._units.values())
        totals = [total for _, total in self._units.values() if total]
        mean = sum(totals) / len(totals) if totals else 0.0
        return done, round(mean * self._runs)

    def _update(self) -> None:
        done, total = self.units
        self._bar.update(
            self._task, completed=done, total=total or None, description=self._description()
        )

    def _description(self) -> str:
        if not self._units:
            return "starting"
        return f"{len(self._ended)} of {self._runs} runs done"


def describe_record(record: Record) -> str:
    """A record in one line."""
    spec, task = record.spec, record.task
    subset = f", subset {spec.subset_seed}" if spec.subset_seed else ""
    name = clean_text(f"{record.method}, seed {spec.seed}{subset}")
    if record.status != "ok" or task is None:
        return f"{name}: {record.status}: {clean_text(record.reason or '')}"
    metric = task.metric
    # Runs of a search are scored on the validation rows alone.
    domain = task.in_domain if task.in_domain in record.results else "dev"
    score = record.results[domain][metric]
    shown = "undefined" if score is None else f"{score:.3f}"
    return f"{name}: {metric} on {clean_text(domain)} {shown}, {record.seconds['total']:.0f} s"


def time_left(elapsed: float, done: int, total: int) -> str | None:
    """How long the rest takes at the pace so far, in words; None if it is unknown or nothing."""
    if not 0 < done < total:
        return None
    seconds = elapsed / done * (total - done)
    return f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"
