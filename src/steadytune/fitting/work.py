"""The trainings of a fit: carried out, recorded, and looked up again by whoever goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._exceptions import ConfigError, ModelError
from .._loudness import say
from .._progress import tell_settings_of
from .._sealed import damage
from ..finetune.members import Member
from ..records.ledger import Ledger, recorded_name
from ..records.outcome import Outcome
from ..records.prediction_file import read_predictions, unreadable
from ..records.recipe import Recipe
from ..records.record import Record, make_record, now, one_line
from ..records.spec import RunSpec
from ..runs.executors import Executor, FineTune, Progress
from ..runs.plan import LoadedTask, plan
from ..tasks import DEV, Task
from .candidates import PLAIN, Candidate
from .clock import Clock
from .folds import Cell, FoldTasks, cells_of
from .judge import OutOfFold
from .options import BATCH_SIZE, SEEDS_PER_FIT
from .progress import FitProgress
from .setup import Setup

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class _Trial:
    """A training whose method may not suit the model: this candidate has failed then."""

    fine_tune: FineTune

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        started = now()
        try:
            return self.fine_tune(spec, progress)
        except (ConfigError, ModelError) as error:
            if spec.method == PLAIN and not spec.head_first:
                raise
            return Outcome(make_record(spec, "failed", one_line(error), started=started))


@dataclass(frozen=True, eq=False)
class Work:
    """Where trainings happen.

    Args:
        setup: What is to be fitted.
        ledger: Records and predictions of the trainings.
        executor: Who carries them out.
        console: Where progress goes.
        clock: How long it takes.
    """

    setup: Setup
    ledger: Ledger
    executor: Executor
    console: Console
    clock: Clock

    @property
    def load(self) -> FoldTasks:
        """Gives the tasks of the trainings by name."""
        return FoldTasks(self.setup.options.source, self.seed)

    @property
    def task(self) -> Task:
        """All examples."""
        return self.setup.task

    @property
    def seed(self) -> int:
        """From which folds and trainings derive."""
        return self.setup.options.seed

    @property
    def models(self) -> Path:
        """The folder of the models that are kept."""
        return self.ledger.folder.resolve() / "models"

    def cells(self, repetition: int) -> list[Cell]:
        """The cells of one repetition of cross-validation."""
        return sorted(cells_of(self.task, self.seed, repetition))

    def cell_spec(self, candidate: Candidate, cell: Cell) -> RunSpec:
        """The training of a candidate without a fold; all candidates share its seed."""
        task = self.load(cell.task_name(self.task.name))
        assert task.dev is not None
        return self._spec(
            candidate,
            task,
            self.seed * SEEDS_PER_FIT + 10 * cell.repetition + cell.fold,
            dev_size=len(task.dev),
            scored="dev",
        )

    def whole_spec(self, candidate: Candidate, member: int) -> RunSpec:
        """The training of a candidate on all training examples.

        Args:
            candidate: The candidate.
            member: Which one, counted from 1.
        """
        return self._spec(candidate, self.task, self.member_seed(member))

    def member_seed(self, member: int) -> int:
        """The seed of a training on all training examples, counted from 1."""
        return self.seed * SEEDS_PER_FIT + member

    def student_spec(self, candidate: Candidate) -> RunSpec:
        """The training of the one model that learns from the members."""
        return self._spec(candidate, self.task, self.seed * SEEDS_PER_FIT + SEEDS_PER_FIT - 1)

    def carry_out(self, specs: Iterable[RunSpec], what: str, *, models: bool = False) -> None:
        """Carry out those that are missing.

        Args:
            specs: The trainings, in the order in which they are begun.
            what: The round of the plan.
            models: Whether their models are kept.

        Raises:
            SteadytuneError: If one cannot start at all.
            KeyboardInterrupt: If the user stops it; its text says what is kept.
        """
        missing = [spec for spec in dict.fromkeys(specs) if not self._is_done(spec, models)]
        if not missing:
            return
        fine_tune = _Trial(
            FineTune(
                self.load, self.models if models else None, model=self.setup.model, profile=False
            )
        )
        tell_settings_of(missing, self.console)
        with self.clock.running(what) as tick, FitProgress(self.console, what, missing) as progress:

            def keep(outcome: Outcome) -> None:
                self.ledger.add(outcome)
                progress.on_record(outcome.record)
                tick()

            try:
                self.executor.carry_out(
                    missing, fine_tune, keep, progress.on_progress, self.ledger.folder
                )
            except KeyboardInterrupt:
                raise KeyboardInterrupt(
                    f"stopped; finished runs are in {self.ledger.folder.parent}, and the same "
                    "command continues"
                ) from None

    def record(self, spec: RunSpec) -> Record:
        """The record of a finished training."""
        return self.ledger.of_runs([spec])[spec.key]

    def members(self, candidate: Candidate, count: int) -> list[Member]:
        """The trainings on all examples that finished."""
        specs = [self.whole_spec(candidate, member) for member in range(1, count + 1)]
        found = [self.record(spec) for spec in specs]
        return [
            Member(record, self.models / recorded_name(record))
            for record in found
            if record.status == "ok"
        ]

    def out_of_fold(self, candidate: Candidate, cells: Sequence[Cell]) -> OutOfFold:
        """What a candidate says of the examples that these cells hold out."""
        specs = {cell: self.cell_spec(candidate, cell) for cell in cells}
        records = self.ledger.of_runs(specs.values())
        repetitions = sorted({cell.repetition for cell in cells})
        kind, truth = self.setup.kind, self.setup.truth
        shape = kind.shape(truth, len(self.task.label_names))
        outputs: NDArray[Any] = np.full((len(repetitions), *shape), np.nan, kind.dtype)
        failed = ""
        for cell in cells:
            record = records[specs[cell].key]
            if record.status != "ok":
                failed = f"{record.status}: {record.reason}"
                continue
            held = list(cells_of(self.task, self.seed, cell.repetition)[cell])
            found = read_predictions(self.ledger.predictions_of(record))[DEV]
            outputs[repetitions.index(cell.repetition), held] = kind.outputs(found, truth[held])
        decided = [self.setup.judge.decided(each) for each in outputs]
        return OutOfFold(candidate, np.stack(decided), failed)

    def _spec(
        self,
        candidate: Candidate,
        task: Task,
        seed: int,
        *,
        dev_size: int | None = None,
        scored: str = "test",
    ) -> RunSpec:
        recipe = Recipe(
            batch_size=BATCH_SIZE,
            max_length=self.setup.max_length,
            max_new_tokens=self.setup.options.max_new_tokens,
            dev_size=dev_size,
            threads=1,
        )
        loaded = _loaded(task)
        arms, model = [candidate.arm], self.setup.model
        (planned,) = plan([loaded], arms, recipe, [seed], model=model, scored=scored)
        return planned.spec

    def _is_done(self, spec: RunSpec, models: bool) -> bool:
        record = self.ledger.of_runs([spec]).get(spec.key)
        if record is None or not record.has_result:
            return False
        if record.status != "ok":
            return True
        model = self.models / recorded_name(record)
        wrong = unreadable(self.ledger.predictions_of(record))
        if wrong is None and models and model.is_dir() and (reason := damage(model)):
            wrong = f"{model} is damaged ({reason})"
        if wrong is not None:
            line = f"{wrong}: the training runs again"
            say(self.console, line)
        return wrong is None and (model.is_dir() or not models)


@lru_cache(maxsize=64)
def _loaded(task: Task) -> LoadedTask:
    """Remembers the hash of a task's examples."""
    return LoadedTask(task)
