"""The runs of a study that are missing: carried out, recorded as they come, shown as they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .._counted import counted
from .._exceptions import DataError
from ..pretrained import Pretrained
from ..records.ledger import Ledger
from ..records.outcome import Outcome
from ..records.spec import RunSpec
from ..runs.executors import Executor, FineTune, Progress, Run
from ..runs.plan import PlannedRun
from .task_loader import TaskLoader

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class RunContext:
    """Where runs are executed, and where their results go.

    Args:
        ledger: Where records and predictions go.
        executor: Executes the runs.
        load: Hands the tasks to the runs.
        console: Where progress goes.
        model: The model that is trained.
        models: Folder that trained models are kept in; None keeps none.
    """

    ledger: Ledger
    executor: Executor
    load: TaskLoader
    console: Console
    model: Pretrained
    models: Path | None = None


def missing_runs(runs: Sequence[PlannedRun], ledger: Ledger) -> list[PlannedRun]:
    """The runs whose result is not there."""
    finished = ledger.finished()
    return [run for run in runs if run.spec.key not in finished]


def carry_out(
    runs: Sequence[PlannedRun], context: RunContext, planned: Sequence[PlannedRun]
) -> None:
    """Carry out runs and keep what they leave behind.

    Args:
        runs: Those that are missing.
        context: Where.
        planned: All runs of the stage, those that are there included.

    Raises:
        SteadytuneError: If a run cannot start at all.
        DataError: If records are gone at the end that were written on the way.
        KeyboardInterrupt: If the user stops it; its text says what is kept.
    """
    from .._progress import StudyProgress, tell_settings_of

    by_hash = {run.spec.hash: run for run in runs}
    tell_settings_of((run.spec for run in runs), context.console)
    with StudyProgress(context.console, len(runs)) as progress:

        def keep(outcome: Outcome) -> None:
            whole = completed(outcome, by_hash[outcome.record.spec_hash])
            context.ledger.add(whole)
            progress.on_record(whole.record)

        try:
            specs = [run.spec for run in runs]
            curves = context.ledger.folder.resolve() / "curves"
            fine_tune = FineTune(context.load, context.models, curves, context.model)
            work = StudyRun(fine_tune, by_hash)
            context.executor.carry_out(
                specs, work, keep, progress.on_progress, context.ledger.folder
            )
        except KeyboardInterrupt:
            done = len(context.ledger.finished() & {run.spec.key for run in planned})
            raise KeyboardInterrupt(
                f"stopped with {done} of {len(planned)} runs in {context.ledger.runs}; "
                "the same command continues from there"
            ) from None
    _require_records(runs, context.ledger)


def _require_records(runs: Sequence[PlannedRun], ledger: Ledger) -> None:
    """Every run leaves a record, whatever came of it; others may have removed some since."""
    gone = len(runs) - len(ledger.of_runs(run.spec for run in runs))
    if gone:
        raise DataError(
            f"{counted(gone, 'record')} of {len(runs)} runs vanished from {ledger.runs} while the "
            "study ran; leave the folder alone and give the same command again, which trains "
            "them anew"
        )


@dataclass(frozen=True)
class StudyRun:
    """Carries out a run of a study, in whatever process it is.

    Args:
        run: Carries out the run itself.
        planned: The runs by the hash of their specs.
    """

    run: Run
    planned: Mapping[str, PlannedRun]

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        return completed(self.run(spec, progress), self.planned[spec.hash])


def completed(outcome: Outcome, run: PlannedRun) -> Outcome:
    """The outcome with what the study knows: a run that is lost could not tell its task."""
    known = {} if run.arm is None else {"arm": run.arm}
    if outcome.record.task is None:
        known["task"] = run.task
    return replace(outcome, record=outcome.record.changed(**known)) if known else outcome
