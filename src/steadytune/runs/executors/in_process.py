"""Runs in this process, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

from ...records.spec import RunSpec
from ._executor import Executor, OnOutcome, OnProgress, Run, attempt, ignore_progress


@final
@dataclass(frozen=True)
class InProcess(Executor):
    """Carries out one run after the other in this process: for debugging, and for one run."""

    def carry_out(
        self,
        specs: Sequence[RunSpec],
        run: Run,
        on_outcome: OnOutcome,
        on_progress: OnProgress = ignore_progress,
        folder: Path | None = None,
    ) -> None:
        """See `Executor.carry_out`."""
        for spec in specs:
            on_outcome(attempt(run, spec, partial(on_progress, spec)))

    def describe(self, specs: Sequence[RunSpec]) -> str:
        """See `Executor.describe`."""
        return "in this process"
