"""The demo: a study of methods against plain fine-tuning on rated sentences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ._exceptions import ConfigError
from .pretrained import CAREFUL, MINILM, Trust
from .records.recipe import Recipe
from .study.study import Study, StudyTask, arms_of, require_distinct
from .tasks.source import ALL, DataSource

if TYPE_CHECKING:
    from rich.console import Console

    from .reporting import Report

TASK = "vader-movies"
TITLE = "steadytune demo"
METHODS = ("plain", "mixout:p=0.7,replace_dropout=true", "lnsr")
"""Plain training, what `fit` takes where nothing is clearly better, and the paper's method."""


@dataclass(frozen=True)
class Options:
    """What a demo does. The defaults take a few minutes on two cores.

    Args:
        seeds: Seeds of the runs, the same for every method.
        methods: Methods in their text form.
        out: Folder for the records and the report.
        task: Name of the task.
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        train_size: Training examples, the same for all runs.
        eval_size: Examples of each evaluation domain.
        epochs: Passes over the training examples.
        learning_rate: Peak learning rate.
        workers: Processes; None takes one per core, 0 none but this one.
        command: The command line that does the same, for the report.
        trust: What of the model's files may be read.
    """

    seeds: tuple[int, ...] = (1, 2, 3)
    methods: tuple[str, ...] = METHODS
    out: Path = Path("steadytune-demo")
    task: str = TASK
    model: str = MINILM
    train_size: int = 250
    eval_size: int = 200
    epochs: float = 3.0
    learning_rate: float = 1e-4
    workers: int | None = None
    command: str = ""
    trust: Trust = CAREFUL

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 0:
            raise ConfigError(f"workers={self.workers} is not possible; expected 0 or more")
        require_distinct("seed", self.seeds)
        require_distinct("method", self.methods)

    @property
    def study(self) -> Study:
        """The study that it is."""
        names = ("train_size", "eval_size", "epochs", "learning_rate")
        return Study(
            name=TITLE,
            tasks=(StudyTask(DataSource(task=self.task, ood=(ALL,))),),
            arms=arms_of(self.methods),
            seeds=self.seeds,
            recipe=Recipe(**{name: getattr(self, name) for name in names}),
            model=self.model,
            command=self.command,
            trust=self.trust,
        )


def run_demo(options: Options, console: Console) -> Report:
    """Carry out what is missing of a demo, print its tables and write `report.html`.

    Args:
        options: What to do.
        console: Where progress and tables go.

    Returns:
        The report.

    Raises:
        SteadytuneError: If something does not fit, and nothing is trained then; or if every run
            failed.
        KeyboardInterrupt: If the user stops it; its text says what is kept.
    """
    with console.status("starting"):
        from .runs.executors import executor_for
        from .study.session import run_study

    return run_study(options.study, options.out, executor_for(options.workers), console)
