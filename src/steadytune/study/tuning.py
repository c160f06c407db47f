"""Fair tuning: every arm gets the same number of trials, and is judged on validation rows.

The runs of a search never read a test row, and their seeds are not those of the comparison.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from statistics import fmean
from typing import Any

import numpy as np

from .._exceptions import ConfigError, NoResultError
from .._random import derive_seed
from ..method_options import options_of
from ..method_text import format_method, parse_method
from ..pretrained import Pretrained
from ..records.recipe import Changes
from ..records.record import Record
from ..runs.plan import LoadedTask, PlannedRun, plan, varying
from ..tasks import DEV
from .grid import plan_runs
from .study import TUNED, Arm, Study, Tuning, require_few

_MOST_COMBINATIONS = 1_000_000


@dataclass(frozen=True)
class Trial:
    """One recipe of one arm on one task, and the runs that judge it.

    Args:
        task: Name of the task.
        arm: Name of the arm.
        changes: Where its recipe differs.
        runs: A run for each tuning seed.
    """

    task: str
    arm: str
    changes: Changes
    runs: tuple[PlannedRun, ...]


Chosen = Mapping[tuple[str, str], tuple[Trial, float]]
"""Task and arm -> the trial that won there, and its mean score on the validation rows."""


def plan_trials(study: Study, loaded: Sequence[LoadedTask], model: Pretrained) -> tuple[Trial, ...]:
    """The trials of every arm on every task, on the first training subset.

    Args:
        study: The study.
        loaded: Its tasks.
        model: Its model.

    Raises:
        ConfigError: A method lacks an option of its space, or a value does not suit it.
    """
    tuning = study.tuning
    assert tuning is not None
    to_try = [
        (entry, arm, changes)
        for entry in loaded
        for arm in study.arms
        for changes in settings_to_try(tuning, arm, entry.changes)
    ]
    require_few(len(to_try) * len(tuning.seeds), "tasks x trials x tuning seeds")
    return tuple(
        Trial(entry.task.name, arm.name, changes, _runs(study, entry, arm, model, changes))
        for entry, arm, changes in to_try
    )


def settings_to_try(tuning: Tuning, arm: Arm, of_task: Changes = ()) -> tuple[Changes, ...]:
    """Trials drawn without replacement from all combinations of the spaces of an arm.

    What an arm or a task sets itself is not searched. Arms with equal methods and spaces try equal
    trials.

    Args:
        tuning: The search.
        arm: The arm.
        of_task: What the task sets.

    Raises:
        ConfigError: If there are too many combinations to draw from.
    """
    fixed = {**dict(of_task), **dict(arm.changes)}
    spaces = [("learning_rate", tuning.learning_rate), ("epochs", tuning.epochs)]
    shared = [(name, values) for name, values in spaces if name not in fixed]
    choices = [values for _, values in (*shared, *arm.space)]
    number = prod(map(len, choices))
    if number > _MOST_COMBINATIONS:
        raise ConfigError(
            f"the space of {arm.name} has {number:,} combinations; expected at most "
            f"{_MOST_COMBINATIONS:,}, so give fewer values"
        )
    key = derive_seed(tuning.seed, "trials", arm.method, repr(arm.space))
    order = np.random.default_rng(key).permutation(number)[: tuning.trials]
    names = [name for name, _ in shared]
    return tuple(_changes(arm, names, _combination(n, choices)) for n in sorted(order.tolist()))


def _combination(number: int, choices: Sequence[Sequence[Any]]) -> list[Any]:
    """The combination of that number, in the order of `itertools.product`."""
    values = []
    for each in reversed(choices):
        number, place = divmod(number, len(each))
        values.append(each[place])
    return values[::-1]


def unique_runs(trials: Iterable[Trial]) -> tuple[PlannedRun, ...]:
    """The runs of the trials; those that several arms share once, under the first one's name."""
    found: dict[str, PlannedRun] = {}
    for trial in trials:
        for run in trial.runs:
            found.setdefault(run.spec.key, run)
    return tuple(found.values())


def choose(trials: Iterable[Trial], records: Mapping[str, Record]) -> Chosen:
    """The trial of each task and arm with the highest mean score on the validation rows.

    A run that diverged counts as the majority-class baseline. Of equals the first one wins.

    Args:
        trials: The trials.
        records: The records of their runs, by the keys of the runs.

    Raises:
        NoResultError: If a run has no result: the next attempt at it could turn the choice.
    """
    trials = tuple(trials)
    _require_results(unique_runs(trials), records)
    best: dict[tuple[str, str], tuple[Trial, float]] = {}
    for trial in trials:
        score = fmean(_dev_score(run, records[run.spec.key]) for run in trial.runs)
        key = trial.task, trial.arm
        if key not in best or score > best[key][1]:
            best[key] = trial, score
    return best


def _require_results(runs: Sequence[PlannedRun], records: Mapping[str, Record]) -> None:
    reasons = {id(run): _why_lost(run, records.get(run.spec.key)) for run in runs}
    lost = [run for run in runs if reasons[id(run)]]
    if not lost:
        return
    reason = reasons[id(lost[0])]
    raise NoResultError(
        f"{len(lost)} of {len(runs)} runs of the search have no result, so that nothing can be "
        f"chosen fairly ({lost[0].name}, seed {lost[0].spec.seed}: {reason}); give the same "
        "command again to repeat them, or leave that value out"
    )


def _why_lost(run: PlannedRun, record: Record | None) -> str:
    """Why the run says nothing about its trial; empty if it does."""
    if record is None:
        return "it left no record"
    if not record.has_result:
        return record.reason or record.status
    metric = run.task["metric"]
    if record.status == "ok" and metric not in record.results.get(DEV, {}):
        return f"its record has no {metric} on the validation set; delete the record"
    return ""


def plan_chosen(
    study: Study,
    loaded: Sequence[LoadedTask],
    model: Pretrained,
    chosen: Chosen,
) -> tuple[PlannedRun, ...]:
    """The runs of the comparison with the recipes that the search chose; some may be the same."""
    choices = {key: trial.changes for key, (trial, _) in chosen.items()}
    return plan_runs(study, loaded, model, choices)


def _dev_score(run: PlannedRun, record: Record) -> float:
    metric, constant = run.task["metric"], float(run.task["constant"][DEV] or 0.0)
    if record.status != "ok":
        return constant
    score = record.results[DEV][metric]
    return constant if score is None else float(score)


def _runs(
    study: Study, entry: LoadedTask, arm: Arm, model: Pretrained, changes: Changes
) -> tuple[PlannedRun, ...]:
    assert study.tuning is not None
    # A longer arm is chosen like the others and then trains for longer.
    like_others = dataclasses.replace(arm, longer=1.0)
    searched = (*changes, ("dev_size", study.tuning.dev_size))
    return plan(
        [entry],
        [like_others],
        study.recipe,
        study.tuning.seeds,
        model=model,
        subset_seeds=study.subset_seeds[:1],
        choices={(entry.task.name, arm.name): searched},
        varies=varying(study.arms).union(TUNED),
        scored=DEV,
    )


def _changes(arm: Arm, names: Sequence[str], values: Sequence[Any]) -> Changes:
    """The shared values that `names` calls, and the method with its own ones."""
    count = len(names)
    shared = tuple((n, float(v)) for n, v in zip(names, values[:count], strict=True))
    own = values[count:]
    if not own:
        return shared
    return (*shared, ("method", _with_options(arm, own)))


def _with_options(arm: Arm, values: Sequence[Any]) -> str:
    methods = parse_method(arm.method)
    names = [name for name, _ in arm.space]
    if len(methods) != 1 or (unknown := set(names) - set(options_of(type(methods[0])))):
        if len(methods) == 1:
            wrong = ", ".join(sorted(unknown))
        else:
            wrong = "several methods in one" if methods else "no method"
        raise ConfigError(
            f"the space of {arm.name} cannot be searched ({wrong}); expected options of one method"
        )
    chosen = dict(zip(names, values, strict=True))
    method: Any = methods[0]
    try:
        return format_method([dataclasses.replace(method, **chosen)])
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the space of {arm.name} has an invalid value: {error}") from error
