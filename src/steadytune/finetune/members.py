"""The runs of one call, each with its own checkpoints and its own saved model."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._exceptions import NoResultError
from .._loudness import say
from .._sealed import damage
from ..pretrained import Pretrained
from ..records.ledger import Ledger
from ..records.outcome import Outcome
from ..records.prediction_file import unreadable
from ..records.record import Record
from ..records.spec import RunSpec
from ..runs.checkpoints import Workspace, find_resumption
from ..runs.executors import Progress, executor_for
from ..tasks import DataSource
from .output_folder import OutputFolder
from .plan import TrainPlan

if TYPE_CHECKING:
    from rich.console import Console

    from ..tasks import Task

_STEPS = "steps"


@dataclass(frozen=True)
class Member:
    """A run that has ended.

    Args:
        record: Its record.
        model: The folder of its model; it is there if the run finished.
    """

    record: Record
    model: Path

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return self.record.spec.seed


def selection_of(
    keep: str, metric: str, members: Sequence[Member], taken: Iterable[int], planned: Iterable[int]
) -> dict[str, Any]:
    """What the record of a model says of the runs that it was made of.

    Args:
        keep: What is kept of them.
        metric: The primary metric.
        members: Those that finished.
        taken: The seeds of those that are part of the model.
        planned: All seeds.
    """
    finished = {member.seed for member in members}
    return {
        "keep": keep,
        "metric": metric,
        "taken": list(taken),
        "lost": [seed for seed in planned if seed not in finished],
        "members": [
            {
                "seed": member.seed,
                "spec_hash": member.record.spec_hash,
                "scores": {
                    split: scores[metric] for split, scores in member.record.results.items()
                },
            }
            for member in members
        ],
    }


@dataclass(frozen=True)
class TrainMember:
    """Carries out one run in whatever process it is called.

    Args:
        source: Where the rows come from.
        work: The folder of checkpoints and models of all runs.
        curves: The folder for TensorBoard's files.
        model: The model that is trained.
    """

    source: DataSource
    work: Path
    curves: Path
    model: Pretrained

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        """Carry it out, from its last checkpoint on if there is one."""
        from ..runs.run import run

        place = member_folder(self.work, spec)
        curves = self.curves / f"seed-{spec.seed}"
        keep = Workspace(place / "model", place / _STEPS, curves)
        return run(spec, progress, self._load, keep, self.model)

    def _load(self, name: str) -> Task:
        return self.source.load()


def member_folder(work: Path, spec: RunSpec) -> Path:
    """Where one run keeps its model and its checkpoints."""
    return work / f"seed-{spec.seed}"


def has_checkpoints(work: Path) -> bool:
    """Whether there is anything left of runs that were stopped."""
    return any(work.glob(f"seed-*/{_STEPS}/*"))


def train_members(plan: TrainPlan, folder: OutputFolder, console: Console) -> list[Member]:
    """Carry out what is missing of the runs.

    Returns:
        The runs that finished, in the order of the seeds.

    Raises:
        NoResultError: If none did, with the reason.
        KeyboardInterrupt: If the user stops it; its text says how to go on.
    """
    ledger = members_ledger(folder)
    say(console, *ledger.set_corrupt_aside())
    missing = [spec for spec in plan.specs if not _is_done(ledger, folder, spec, console)]
    for spec in missing:
        say(console, *find_resumption(member_folder(folder.work, spec) / _STEPS).notes)
    if missing:
        _carry_out(missing, plan, folder, ledger, console)
    records = ledger.of_runs(plan.specs)
    members = [
        Member(record, member_folder(folder.work, spec) / "model")
        for spec in plan.specs
        if (record := records.get(spec.key)) is not None and record.status == "ok"
    ]
    if not members:
        _complain(list(records.values()), folder)
    return members


def members_ledger(folder: OutputFolder) -> Ledger:
    """Records and predictions of the runs."""
    return Ledger(folder.work / "members")


def _is_done(ledger: Ledger, folder: OutputFolder, spec: RunSpec, console: Console) -> bool:
    record = ledger.of_runs([spec]).get(spec.key)
    if record is None or not record.has_result:
        return False
    if record.status != "ok":
        return True
    saved = member_folder(folder.work, spec) / "model"
    wrong = damage(saved) or unreadable(ledger.predictions_of(record))
    if wrong is not None and saved.is_dir():
        say(console, f"{saved} is damaged ({wrong}): seed {spec.seed} is trained again")
    return wrong is None


def _carry_out(
    specs: list[RunSpec],
    plan: TrainPlan,
    folder: OutputFolder,
    ledger: Ledger,
    console: Console,
) -> None:
    from .._progress import StudyProgress, tell_settings_of

    options = plan.options
    train = TrainMember(options.source, folder.work, folder.curves, plan.model)
    executor = executor_for(min(options.workers, len(specs)))
    by_hash = {spec.hash: spec for spec in specs}
    tell_settings_of(specs, console)
    with StudyProgress(console, len(specs)) as progress:

        def keep(outcome: Outcome) -> None:
            ledger.add(outcome)
            progress.on_record(outcome.record)
            if outcome.record.status == "ok":
                place = member_folder(folder.work, by_hash[outcome.record.spec_hash])
                shutil.rmtree(place / _STEPS, ignore_errors=True)

        try:
            executor.carry_out(specs, train, keep, progress.on_progress)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"stopped; the same command continues from the last checkpoint in {folder.work}"
            ) from None


def _complain(records: list[Record], folder: OutputFolder) -> None:
    """No model came of it: after a divergence nothing there is of use, after a crash there is."""
    reason = records[0].reason if records else "no record can be read"
    if records and all(record.status == "diverged" for record in records):
        folder.discard()
        raise NoResultError(
            f"the training diverged: {reason}; give a lower `learning_rate` or another method"
        )
    raise NoResultError(
        f"the training failed: {reason}; the same command continues from its last checkpoint"
    )
