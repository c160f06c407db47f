"""The progress of long work: a bar with time left in a terminal, or a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ._loudness import Loudness, loudness, note, say, tell_settings
from .records.schema import Record, clean_text
from .records.spec import RunSpec

EVERY = 60.0
"""Seconds between two lines where no bar is shown."""


class Work:
    """Work that takes long: a bar in a terminal, elsewhere a line about once a minute.

    Nothing is shown where it is quiet, and no bar among the lines of a log.

    A context manager; the work tells it how far it is.

    Args:
        console: Where it is shown.
        what: What is being done.
        total: How many units of work there are, if that is known.
        stays: Whether the bar stays when the work is done.
        clock: Gives the time in seconds.
    """

    def __init__(
        self,
        console: Console,
        what: str,
        total: float | None = None,
        *,
        stays: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console = console
        self.what = what
        self._done, self._total = 0.0, total
        self._clock = clock
        self._began = self._told = clock()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=console,
            transient=not stays,
            speed_estimate_period=120,
            disable=not console.is_terminal or loudness() is not Loudness.USUAL,
        )
        self._task = self._bar.add_task(what, total=total)

    def __enter__(self) -> Self:
        self._began = self._told = self._clock()
        self._bar.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._bar.stop()

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._began

    @property
    def left(self) -> str:
        """`, about 6 min left` where no bar shows it; empty if it is not known."""
        words = self._bar.disable and time_left(self.seconds, self._done, self._total or 0)
        return f", {words} left" if words else ""

    def advance(self, what: str = "") -> None:
        """One unit more is done, and the next is `what`, if that is given."""
        self.update(self._done + 1, self._total, what)

    def update(self, done: float, total: float | None, what: str = "") -> None:
        """So many units are done, of so many."""
        self._done, self._total, self.what = done, total or None, what or self.what
        self._bar.update(self._task, completed=done, total=self._total, description=self.what)
        if self._bar.disable and self._clock() - self._told >= EVERY:
            self._told = self._clock()
            share = f": {100 * done / self._total:.0f} %" if self._total else ""
            line = f"{self.what}{share}{self.left}"
            note(self.console, line)


class RunsProgress(Work):
    """How far several runs are; an executor calls its methods.

    Args:
        console: Where to print.
        what: What is shown before the first run begins.
        runs: How many runs there are to do.
        how: Further arguments of `Work`.
    """

    def __init__(self, console: Console, what: str, runs: int, **how: Any) -> None:
        super().__init__(console, what, **how)
        self.runs = runs
        self.ended: set[str] = set()
        self._units: dict[str, tuple[int, int]] = {}

    def on_progress(self, spec: RunSpec, done: int, total: int) -> None:
        """A run has done so many of its units of work."""
        self._units[spec.hash] = (done, total)
        self.update(*self.units, self.count())

    def on_record(self, record: Record) -> None:
        """A run has ended."""
        key = record.spec_hash
        _, total = self._units.get(key, (0, 0))
        self._units[key] = (total, total)
        self.ended.add(key)
        self.update(*self.units, self.count())

    @property
    def units(self) -> tuple[int, int]:
        """Units of work done, and of all runs; runs that have not begun count as the others do."""
        done = sum(done for done, _ in self._units.values())
        totals = [total for _, total in self._units.values() if total]
        mean = sum(totals) / len(totals) if totals else 0.0
        return done, round(mean * self.runs)

    def count(self) -> str:
        """How many runs have ended, in words."""
        return f"{len(self.ended)} of {self.runs} runs done"


class StudyProgress(RunsProgress):
    """The runs of a study: each that ends is a line."""

    def __init__(self, console: Console, runs: int, **how: Any) -> None:
        super().__init__(console, "starting", runs, stays=True, **how)

    def on_record(self, record: Record) -> None:
        """A run has ended."""
        super().on_record(record)
        remark = self.left and f" ({self.left.removeprefix(', ')})"
        count = f"[{len(self.ended)}/{self.runs}]"
        tell = note if record.status == "ok" else say
        tell(self.console, f"{count} {describe_record(record)}{remark}")


def tell_settings_of(specs: Iterable[RunSpec], console: Console) -> None:
    """Print what the settings of runs came to, each once, if details are asked for."""
    apart = ("task", "method", "seed", "subset_seed", "head_seed")
    told = {f"{s.method} on {s.task}": s.as_dict() for s in specs}
    for what, values in told.items():
        given = {name: value for name, value in values.items() if name not in apart}
        tell_settings(console, what, given)


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


def time_left(elapsed: float, done: float, total: float) -> str | None:
    """How long the rest takes at the pace so far, in words; None if it is unknown or nothing."""
    if not 0 < done < total:
        return None
    seconds = elapsed / done * (total - done)
    return f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"
