"""What ensembles of a few of the runs would score in domain, from their predictions.

As `steadytune train --keep ensemble` makes them: probabilities are averaged, or numbers, and runs
that learned nothing from their training rows are left out. A run that diverged or crashed has no
model and is left out too; an ensemble without any other run scores what the constant predictor
scores, as such a run does in all tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ...metrics.confusion_counts import OF_COUNTS, counts
from ...metrics.regression import REGRESSION_METRICS, correlation
from ...stats import ensemble_scores, is_degenerate
from ..reading.predictions import Columns, PredictedRun
from ..reading.schema import Record
from .predicted import Predicted, same_rows
from .scoring import raw_score
from .setting import Ensembles, Setting

SIZES = (1, 2, 3, 5)
TRAIN = "train"

Array = NDArray[Any]
Scorer = Callable[[Array], float | None]


def ensembles(
    setting: Setting, predicted: Predicted, rng: np.random.Generator
) -> tuple[Ensembles, ...]:
    """What ensembles of each method's runs score, for methods with two runs or more.

    None of them where the metric is not one of classes or of numbers, as for answers in a text.
    """
    found = (_of_method(setting, name, predicted[name], rng) for name in setting.methods)
    return tuple(made for made in found if made is not None)


def _of_method(
    setting: Setting, method: str, runs: Sequence[PredictedRun], rng: np.random.Generator
) -> Ensembles | None:
    domain, constant = setting.task.in_domain, setting.in_domain.constant
    failed = [_Member(None, learned=False) for run in runs if run.run.status != "ok"]
    predicted = [run for run in runs if domain in run.splits]
    columns = [run.splits[domain] for run in predicted]
    number = len(predicted) + len(failed)
    if not columns or constant is None or number < 2 or len(same_rows(columns)) < len(columns):
        return None
    try:
        outputs, scorer = _outputs(columns), _scorer(setting.task.metric, columns[0])
        made = (_Member(o, _learned(r.run)) for o, r in zip(outputs, predicted, strict=True))
        members = [*made, *failed]
        score = partial(_score, members, scorer, constant)
        sizes = [size for size in SIZES if size <= number]
        found = ensemble_scores(score, number, sizes, rng)
    except (ValueError, TypeError, KeyError, IndexError):
        return None  # predictions are files of anyone's: these make no sense
    return Ensembles(method, number, sum(member.learned for member in members), found)


@dataclass(frozen=True, eq=False)
class _Member:
    """A run, as what is averaged of it; None where it left no model."""

    output: Array | None
    learned: bool


def _learned(run: Record) -> bool:
    """Whether it ended on its training rows better than the constant predictor; in doubt, yes."""
    constant = run.task.constant.get(TRAIN) if run.task else None
    if constant is None or TRAIN not in run.results:
        return True
    return not is_degenerate(raw_score(run, TRAIN) or 0.0, constant)


def _score(
    members: Sequence[_Member], scorer: Scorer, constant: float, group: NDArray[np.intp]
) -> float:
    chosen = [members[number] for number in group]
    kept = [member for member in chosen if member.learned] or chosen
    outputs = [member.output for member in kept if member.output is not None]
    value = scorer(np.mean(outputs, axis=0)) if outputs else None
    return constant if value is None else value


def _outputs(runs: Sequence[Columns]) -> list[Array]:
    """What is averaged: probabilities, shape (rows, classes), or numbers, shape (rows,)."""
    if all("logits" in run for run in runs):
        return [softmax(_finite(run["logits"], axes=2), axis=1) for run in runs]
    return [_finite(run["value"], axes=1) for run in runs]


def _scorer(metric: str, columns: Columns) -> Scorer:
    truth = columns["label"]
    if metric in REGRESSION_METRICS:
        numbers = _finite(truth, axes=1)
        return lambda values: correlation(metric, values, numbers)
    classes, of_counts = columns["logits"].shape[1], OF_COUNTS[metric]
    if not (np.issubdtype(truth.dtype, np.integer) and 0 <= truth.min() <= truth.max() < classes):
        raise ValueError("the labels are no classes")
    return lambda mean: of_counts(counts(mean.argmax(axis=1), truth, classes))


def _finite(values: Array, axes: int) -> Array:
    numbers = values.astype(np.float64)
    if numbers.ndim != axes or not np.isfinite(numbers).all():
        raise ValueError(f"expected finite numbers along {axes} axes")
    return numbers
