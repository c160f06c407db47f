"""Metrics of regression as the field reports them; an undefined one is None, never NaN."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import Scores

REGRESSION_METRICS = ("pearson", "spearman")
"""Metrics that a regression task can have as its primary one: the higher the better."""


def regression_metrics(values: ArrayLike, labels: ArrayLike) -> Scores:
    """Score predicted numbers.

    Args:
        values: Shape (rows,), the predictions.
        labels: Shape (rows,), finite numbers.

    Returns:
        `pearson` and `spearman`, the correlations of the numbers and of their ranks; `mse`, the
        mean squared error, which is the `loss` too. None stands for what is undefined: everything
        where there are no rows or a prediction is not finite; the correlations of fewer than two
        rows, or where predictions or labels are all the same.

    Raises:
        ValueError: The shapes do not fit or a label is not finite.
    """
    predicted = np.asarray(values, dtype=np.float64)
    truth = np.asarray(labels, dtype=np.float64)
    _check(predicted, truth)
    if not len(truth) or not np.isfinite(predicted).all():
        return dict.fromkeys((*REGRESSION_METRICS, "mse", "loss"))
    with np.errstate(all="ignore"):  # of numbers too large to square
        error = _finite(np.mean((predicted - truth) ** 2))
    correlations = {name: correlation(name, predicted, truth) for name in REGRESSION_METRICS}
    return {**correlations, "mse": error, "loss": error}


def _check(predicted: NDArray[Any], truth: NDArray[Any]) -> None:
    if predicted.ndim != 1 or predicted.shape != truth.shape:
        raise ValueError(
            f"expected one value and one label per row, "
            f"got values {predicted.shape} and labels {truth.shape}"
        )
    if not np.isfinite(truth).all():
        raise ValueError("expected finite labels, got one that is not")


def correlation(metric: str, predicted: NDArray[Any], truth: NDArray[Any]) -> float | None:
    """One of `REGRESSION_METRICS`, of arrays of one axis; None where it is undefined."""
    from scipy.stats import pearsonr, spearmanr

    if len(truth) < 2 or np.ptp(predicted) == 0 or np.ptp(truth) == 0:
        return None
    # Numbers too large to square, or that differ in their last digits alone, come with warnings.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        of = {"pearson": pearsonr, "spearman": spearmanr}[metric]
        return _finite(of(predicted, truth).statistic)


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
