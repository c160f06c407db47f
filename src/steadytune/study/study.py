"""A study: what is compared, on what, over which seeds, and how recipes are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

from .._checks import repeated
from .._exceptions import ConfigError
from ..pretrained import CAREFUL, MINILM, Pretrained, Trust
from ..records.recipe import Changes, Recipe
from ..runs.plan import Arm as PlannedArm
from ..tasks import DataSource
from .seeds import require_seeds

PLAIN = "plain"
MATCHED = "plain, matched compute"

TUNED = ("learning_rate", "epochs")
"""Fields of the recipe that tuning searches for every arm."""


MOST_RUNS = 20_000
"""Of a study, and of its search. Planning a run takes a millisecond or two."""


@dataclass(frozen=True)
class Arm(PlannedArm):
    """One of the things that are compared: a method with a recipe of its own.

    Beside what every arm has:

    Args:
        space: What tuning may choose from for this method alone, option -> values; the options are
            those of the method.
    """

    space: tuple[tuple[str, tuple[Any, ...]], ...] = ()


@dataclass(frozen=True)
class StudyTask:
    """A task of a study, with a recipe of its own.

    Args:
        source: Where its rows come from.
        changes: Where its recipe differs from that of the study.
    """

    source: DataSource
    changes: Changes = ()


@dataclass(frozen=True)
class Tuning:
    """The search that comes before the comparison, the same for every arm.

    Args:
        trials: How many are tried for each arm; an arm with fewer to choose from tries all.
        seeds: Seeds of these runs, apart from those that are reported.
        dev_size: Validation rows, drawn from the training rows that are not trained on.
        learning_rate: Learning rates to choose from, for every arm, plain too.
        epochs: Passes over the training rows to choose from, for every arm, plain too.
        seed: The seed of the draw of trials.
    """

    trials: int
    seeds: tuple[int, ...]
    dev_size: int
    learning_rate: tuple[float, ...]
    epochs: tuple[float, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        require_distinct("tuning seed", self.seeds)
        require_seeds(self.seeds)
        for name in ("trials", "dev_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"tuning: {name}={getattr(self, name)}; expected 1 or more")
        for name in ("learning_rate", "epochs"):
            require_distinct(f"tuning {name}", getattr(self, name))


@dataclass(frozen=True)
class Study:
    """Arms x tasks x training subsets x seeds.

    Args:
        name: Its name.
        tasks: What is trained on, one after the other.
        arms: What is compared; the first one called `plain`, or else the first, is the baseline.
        seeds: Seeds of the runs, the same for every arm: arms are paired by seed.
        subset_seeds: Seeds of the draws of training rows, crossed with the seeds of the runs.
        recipe: The recipe of all runs, as far as tasks and arms do not change it.
        model: The name of the pretrained model of all runs.
        tuning: How the recipe of each arm is chosen; None takes it as it is.
        command: The command line that carries the study out.
        trust: What of the model's files may be read; a study file cannot ask for more.
        model_folder: Where the model's files lie; None to find them by its name.
    """

    name: str
    tasks: tuple[StudyTask, ...]
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    subset_seeds: tuple[int, ...] = (0,)
    recipe: Recipe = field(default_factory=Recipe)
    model: str = MINILM
    tuning: Tuning | None = None
    command: str = ""
    trust: Trust = CAREFUL
    model_folder: Path | None = None

    def __post_init__(self) -> None:
        require_distinct("seed", self.seeds)
        require_distinct("subset seed", self.subset_seeds)
        for numbers in (self.seeds, self.subset_seeds):
            require_seeds(numbers)
        parts = self.tasks, self.arms, self.subset_seeds, self.seeds
        require_few(prod(map(len, parts)), "tasks x methods x training subsets x seeds")
        require_distinct("method", [arm.name for arm in self.arms])
        if not self.tasks:
            raise ConfigError("no task is given; expected at least one")
        own = [task.changes for task in self.tasks] + [arm.changes for arm in self.arms]
        for changes in own:
            self.recipe.changed(changes)  # refuses what is out of its range
        if self.tuning and (both := set(self.tuning.seeds) & set(self.seeds)):
            raise ConfigError(
                f"seed {min(both)} is both tuned on and reported; expected seeds for tuning that "
                "are not reported"
            )

    @property
    def baseline(self) -> str:
        """The name of the arm that the others are compared with."""
        names = [arm.name for arm in self.arms]
        return PLAIN if PLAIN in names else names[0]

    def find_model(self) -> Pretrained:
        """The pretrained model of all runs, as it is on this machine.

        Raises:
            ModelError: If it cannot be found.
        """
        if self.model_folder is not None:
            return Pretrained(self.model, self.model_folder, self.trust)
        return Pretrained.find(self.model, self.trust)

    def with_seeds(self, seeds: Sequence[int]) -> Study:
        """Some of its seeds alone, as a job of an array carries them out.

        Raises:
            ConfigError: If one of them is not the study's.
        """
        if foreign := [seed for seed in seeds if seed not in self.seeds]:
            own = ", ".join(map(str, self.seeds))
            raise ConfigError(
                f"seed {foreign[0]} is not in the study {self.name!r}; expected some of {own}"
            )
        return replace(self, seeds=tuple(seeds))


def arms_of(methods: Iterable[str], longer_plain: float | None = None) -> tuple[Arm, ...]:
    """One arm a method, and one for plain fine-tuning that trains for longer.

    Args:
        methods: Methods in their text form.
        longer_plain: How many times as long; None leaves that arm out.
    """
    arms = tuple(Arm(method, method) for method in methods)
    return arms if longer_plain is None else (*arms, Arm(MATCHED, PLAIN, longer=longer_plain))


def require_few(number: int, what: str) -> None:
    """Refuse runs that no one waits for, before they are planned.

    Args:
        number: How many there are.
        what: What they are made of.

    Raises:
        ConfigError: If they are too many.
    """
    if number > MOST_RUNS:
        raise ConfigError(
            f"{what} are {number:,} runs; expected at most {MOST_RUNS:,}, so give less of "
            "these, or make several studies of it"
        )


def require_distinct(kind: str, values: Sequence[Any]) -> None:
    """One at least, and none twice.

    Raises:
        ConfigError: Otherwise.
    """
    if not values:
        raise ConfigError(f"no {kind} is given; expected at least one")
    if twice := repeated(values):
        raise ConfigError(f"{kind} {twice[0]} appears twice; give every {kind} once")
