"""Metrics of ordered grades, which are whole numbers; an undefined one is None, never NaN."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import Scores

GRADE = "grade"
"""The column of predicted grades."""

Array = NDArray[Any]


def nearest(values: ArrayLike, grades: Sequence[int]) -> NDArray[np.int64]:
    """The grade nearest to each number; of two that are equally near, the lower.

    Args:
        values: Any shape, finite.
        grades: Ascending, one or more.
    """
    known = np.asarray(grades, dtype=np.int64)
    found: NDArray[np.int64] = known[np.searchsorted((known[1:] + known[:-1]) / 2, values)]
    return found


def quadratic_kappa(predicted: ArrayLike, truth: ArrayLike) -> float | None:
    """Cohen's kappa with quadratic weights; None without rows, or where all are of one grade.

    One minus the mean squared difference over the one expected of independent grades. It is
    scikit-learn's `cohen_kappa_score(weights="quadratic")` with all whole numbers from the lowest
    grade to the highest as `labels`: a gap between grades counts with its width.
    """
    p, t = (np.asarray(each, dtype=np.float64) for each in (predicted, truth))
    rows = len(t)
    # Sums of whole numbers are exact, so that predictions that are all the same score 0.
    expected = rows * (p @ p + t @ t) - 2 * p.sum() * t.sum()
    return 1 - float(rows * ((p - t) @ (p - t)) / expected) if expected else None


def accuracy(predicted: ArrayLike, truth: ArrayLike) -> float | None:
    """The share of rows with the right grade; None without rows."""
    right = np.asarray(predicted) == np.asarray(truth)
    return float(right.mean()) if len(right) else None


OF_GRADES: Mapping[str, Callable[[Array, Array], float | None]] = {
    "qwk": quadratic_kappa,
    "accuracy": accuracy,
}
"""Metric -> the function of predicted and true grades."""

ORDINAL_METRICS = tuple(OF_GRADES)
"""Metrics that an ordinal task can have as its primary one: the higher the better."""


def ordinal_metrics(values: ArrayLike, predicted: ArrayLike, labels: ArrayLike) -> Scores:
    """Score predicted grades.

    Args:
        values: Shape (rows,), the predicted numbers.
        predicted: Shape (rows,), the grades nearest to them.
        labels: Shape (rows,), whole numbers.

    Returns:
        `qwk`, the quadratic weighted kappa; `accuracy`; `mae`, the mean absolute error of the
        grades; `loss`, the mean squared error of the numbers. All are None where there are no rows
        or a number is not finite.
    """
    numbers, grades = np.asarray(values, dtype=np.float64), np.asarray(predicted)
    truth = np.asarray(labels, dtype=np.float64)
    if not len(truth) or not np.isfinite(numbers).all():
        return dict.fromkeys((*ORDINAL_METRICS, "mae", "loss"))
    found = {name: of(grades, truth) for name, of in OF_GRADES.items()}
    errors = float(np.abs(grades - truth).mean()), float(np.mean((numbers - truth) ** 2))
    return {**found, **dict(zip(("mae", "loss"), errors, strict=True))}


def best_constant_score(labels: ArrayLike, metric: str) -> float:
    """The highest score that one grade for every row can reach.

    Args:
        labels: Shape (rows,), at least one.
        metric: One of `ORDINAL_METRICS`; kappa is 0 for any.
    """
    if metric == "qwk":
        return 0.0
    _, counts = np.unique(np.asarray(labels), return_counts=True)
    return float(counts.max() / counts.sum())
