"""Runs in worker processes on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from ..._checks import check_count
from ..._exceptions import ConfigError
from ...records.spec import RunSpec
from ._executor import Executor, OnOutcome, OnProgress, Run, ignore_progress
from ._machine import most_threads, room_for, usable_cores, visible_gpus
from ._pool import Pool


@final
@dataclass(frozen=True)
class LocalWorkers(Executor):
    """Worker processes that import the trainer once and then execute run after run.

    Each computes with its run's number of threads, and where the machine has several GPUs, on one
    of them. A worker that is lost is replaced.

    Args:
        workers: Number of processes; None takes one per GPU, or as many as the cores that this
            process may use have room for.
        time_limit: Seconds after which a run is ended and recorded as failed; None for no limit.
        retries: How often a run is tried again whose worker was ended by a signal, as happens for
            lack of memory.

    Raises:
        ConfigError: If a number is out of its range.
    """

    workers: int | None = None
    time_limit: float | None = None
    retries: int = 0

    def __post_init__(self) -> None:
        if self.workers is not None:
            check_count("workers", self.workers, 1)
        check_count("retries", self.retries, 0)
        check_time_limit(self.time_limit)

    def carry_out(
        self,
        specs: Sequence[RunSpec],
        run: Run,
        on_outcome: OnOutcome,
        on_progress: OnProgress = ignore_progress,
        folder: Path | None = None,
    ) -> None:
        """See `Executor.carry_out`."""
        if not specs:
            return
        pool = Pool(specs, run, on_outcome, on_progress, self.time_limit, self.retries)
        try:
            pool.carry_out(self._count(specs), visible_gpus())
        finally:
            pool.stop()

    def describe(self, specs: Sequence[RunSpec]) -> str:
        """See `Executor.describe`."""
        return f"{self._count(specs)} at a time"

    def notice(self, specs: Sequence[RunSpec]) -> str | None:
        """A line for more threads than cores."""
        count, threads, cores = self._count(specs), most_threads(specs), usable_cores()
        if count * threads <= cores:
            return None
        return (
            f"{count} workers of {threads} threads each share {cores} cores, which slows them "
            f"down; {max(1, cores // threads)} workers have a core for every thread"
        )

    def _count(self, specs: Sequence[RunSpec]) -> int:
        return min(self.workers or room_for(specs), max(1, len(specs)))


def check_time_limit(seconds: float | None) -> None:
    """Refuse a limit that no run could keep."""
    if seconds is not None and not (isinstance(seconds, int | float) and seconds > 0):
        raise ConfigError(f"time_limit={seconds!r} is not possible; expected seconds above 0")
