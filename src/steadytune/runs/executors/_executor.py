"""What every executor promises, and what all of them do with one run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ..._exceptions import SteadytuneError, interrupts_unwrapped
from ..._loudness import LIBRARIES, loudness
from ...pretrained import Pretrained
from ...records.ledger import run_name
from ...records.outcome import Outcome
from ...records.record import make_record, now, one_line
from ...records.spec import RunSpec

Progress = Callable[[int, int], None]
"""Called with the units of work that a run has done, and all its units."""

Run = Callable[[RunSpec, Progress], Outcome]
"""Carries out one run. For other processes it must be picklable, what it refers to included."""

OnOutcome = Callable[[Outcome], None]
OnProgress = Callable[[RunSpec, int, int], None]

# Quiet libraries: what they print would tear the progress bar apart.
QUIET = {
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "DATASETS_VERBOSITY": "error",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PYTHONWARNINGS": "ignore",
}


def library_output() -> dict[str, str]:
    """Variables of a worker: quiet libraries, unless details are asked for."""
    return {**QUIET, **LIBRARIES[loudness()]}


class WorkerError(SteadytuneError):
    """A worker process that could not start, or could not take up a run."""


def ignore_progress(spec: RunSpec, done: int, total: int) -> None:
    """The default: nobody is told."""


class Executor(ABC):
    """Carries out runs. Subclasses are final, and values: an executor can be used again."""

    shares_files: ClassVar[bool] = True
    """Whether every run sees the files that this process sees."""

    @abstractmethod
    def carry_out(
        self,
        specs: Sequence[RunSpec],
        run: Run,
        on_outcome: OnOutcome,
        on_progress: OnProgress = ignore_progress,
        folder: Path | None = None,
    ) -> None:
        """Carry out runs, in their order as far as there is room for them.

        When it returns or raises, also for Ctrl-C, nothing that it started is left behind. A run
        that is lost with its process gets a `failed` record.

        Args:
            specs: The runs.
            run: Carries out one of them.
            on_outcome: Called in this process with every outcome as soon as its run has ended.
            on_progress: Called with a spec, its units of work done, and all its units.
            folder: The folder of the ledger that `on_outcome` adds to. Workers that may outlive
                this process write their outcomes there too.

        Raises:
            SteadytuneError: If a spec cannot be run at all; runs in flight are dropped.
            WorkerError: If a worker process cannot start.
        """

    @abstractmethod
    def describe(self, specs: Sequence[RunSpec]) -> str:
        """Where these runs would go, as text: `2 at a time`."""

    def notice(self, specs: Sequence[RunSpec]) -> str | None:
        """One line that the user should read before these runs begin, if there is any."""
        return None


@dataclass(frozen=True)
class FineTune:
    """The run of `steadytune.runs.run`, which other processes import as they read this.

    Args:
        load: As for `steadytune.runs.run.run`.
        models: Folder that trained models are kept in, one folder per run; None keeps none.
        curves: Folder for TensorBoard's files, one folder per run, if runs report to it.
        model: The model of the runs; by default it is found by the name in each spec.
        profile: Whether the noise profile is measured before and after training.
    """

    load: Callable[..., Any] | None = None
    models: Path | None = None
    curves: Path | None = None
    model: Pretrained | None = None
    profile: bool = True

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Import torch before a time limit counts: on a busy machine that takes long."""
        from ..run import run  # noqa: F401

        self.__dict__.update(state)

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        from ..checkpoints import Workspace
        from ..run import run

        name = run_name(spec)
        saved, curves = (folder and folder / name for folder in (self.models, self.curves))
        workspace = Workspace(saved, curves=curves)
        return run(spec, progress, self.load, workspace, self.model, profile=self.profile)


def attempt(run: Run, spec: RunSpec, progress: Progress) -> Outcome:
    """Carry out a run; an exception that it does not handle gives a `failed` record.

    Raises:
        SteadytuneError: If the spec cannot be run at all.
    """
    started = now()
    try:
        with interrupts_unwrapped():
            return run(spec, progress)
    except SteadytuneError:
        raise
    except (Exception, SystemExit) as error:
        return failed(spec, one_line(error), started)


def failed(spec: RunSpec, reason: str, started: str) -> Outcome:
    """The outcome of a run that gave none itself."""
    return Outcome(make_record(spec, "failed", reason, started=started))


def how_often(reason: str, tries: int) -> str:
    """The reason of the last failure, and how many there were before it."""
    return reason if tries == 1 else f"{reason} (the last of {tries} tries)"
