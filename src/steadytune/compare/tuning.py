"""Fair tuning: every arm gets the same number of trials, and is judged on rows to choose by.

The runs of a search never read a test row, and their seeds are not those of the comparison.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import Any

import numpy as np

from .._exceptions import ConfigError
from .._random import derive_seed
from ..method_text import format_method, options_of, parse_method
from ..models import model_hash, resolve_model
from ..study.record import Record
from ..tasks import DEV
from .grid import LoadedTask, PlannedRun, plan_run
from .study import Arm, Changes, Study, Tuning


@dataclass(frozen=True)
class Trial:
    """One setting of one arm on one task, and the runs that judge it.

    Args:
        task: Name of the task.
        arm: Name of the arm.
        changes: The setting.
        runs: A run for each tuning seed.
    """

    task: str
    arm: str
    changes: Changes
    runs: tuple[PlannedRun, ...]


def plan_trials(study: Study, loaded: Sequence[LoadedTask]) -> tuple[Trial, ...]:
    """The trials of every arm on every task, on the first training subset.

    Raises:
        ConfigError: A method lacks an option of its space, or a value does not suit it.
    """
    assert study.tuning is not None
    weights = model_hash(resolve_model(study.model))
    return tuple(
        Trial(entry.task.name, arm.name, changes, _runs(study, entry, arm, weights, changes))
        for entry in loaded
        for arm in study.arms
        for changes in settings_to_try(study.tuning, arm)
    )


def settings_to_try(tuning: Tuning, arm: Arm) -> tuple[Changes, ...]:
    """Settings drawn without replacement from all combinations of the spaces of an arm.

    Arms with equal methods and spaces try equal settings.
    """
    shared = [("learning_rate", tuning.learning_rate), ("epochs", tuning.epochs)]
    grid = list(product(*(values for _, values in (*shared, *arm.space))))
    key = derive_seed(tuning.seed, "trials", arm.method, repr(arm.space))
    order = np.random.default_rng(key).permutation(len(grid))[: tuning.trials]
    return tuple(_changes(arm, grid[number]) for number in sorted(order.tolist()))


def unique_runs(trials: Iterable[Trial]) -> tuple[PlannedRun, ...]:
    """The runs of the trials; those that several arms share once, under the first one's name."""
    found: dict[str, PlannedRun] = {}
    for trial in trials:
        for run in trial.runs:
            found.setdefault(run.spec.hash, run)
    return tuple(found.values())


def choose(
    trials: Iterable[Trial], records: Mapping[str, Record]
) -> dict[tuple[str, str], tuple[Trial, float]]:
    """The trial of each task and arm with the highest mean score on the rows to choose by.

    A run that did not end well counts as the constant predictor. Of equals the first one wins.

    Args:
        trials: The trials.
        records: The records of their runs, by hash.
    """
    best: dict[tuple[str, str], tuple[Trial, float]] = {}
    for trial in trials:
        score = fmean(_dev_score(run, records.get(run.spec.hash)) for run in trial.runs)
        key = trial.task, trial.arm
        if key not in best or score > best[key][1]:
            best[key] = trial, score
    return best


def _dev_score(run: PlannedRun, record: Record | None) -> float:
    metric, constant = run.task["metric"], float(run.task["constant"][DEV] or 0.0)
    if record is None or record["status"] != "ok":
        return constant
    score = record["results"][DEV][metric]
    return constant if score is None else float(score)


def _runs(
    study: Study, entry: LoadedTask, arm: Arm, weights: str, changes: Changes
) -> tuple[PlannedRun, ...]:
    assert study.tuning is not None
    searched = (*changes, ("dev_size", study.tuning.dev_size), ("scored", DEV))
    subset = study.subset_seeds[0]
    # A longer arm is chosen like the others and then trains for longer.
    like_others = dataclasses.replace(arm, longer=1.0)
    return tuple(
        plan_run(study, entry, like_others, seed, subset, weights, searched)
        for seed in study.tuning.seeds
    )


def _changes(arm: Arm, values: Sequence[Any]) -> Changes:
    learning_rate, epochs, *own = values
    shared = (("learning_rate", float(learning_rate)), ("epochs", float(epochs)))
    if not own:
        return shared
    return (*shared, ("method", _with_options(arm, own)))


def _with_options(arm: Arm, values: Sequence[Any]) -> str:
    methods = parse_method(arm.method)
    names = [name for name, _ in arm.space]
    if len(methods) != 1 or (unknown := set(names) - set(options_of(type(methods[0])))):
        wrong = ", ".join(sorted(unknown)) if len(methods) == 1 else "several methods in one"
        raise ConfigError(
            f"the space of {arm.name} cannot be searched ({wrong}); expected options of one method"
        )
    chosen = dict(zip(names, values, strict=True))
    method: Any = methods[0]
    try:
        return format_method([dataclasses.replace(method, **chosen)])
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the space of {arm.name} has a value that cannot be: {error}") from error
