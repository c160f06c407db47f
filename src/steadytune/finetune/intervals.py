"""Metrics of one model with bootstrap intervals over examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stats import BootstrapInterval, bootstrap_interval, bootstrap_mean_interval
from ..tasks import Predictions
from ..tasks.regression_metrics import regression_metrics
from ..tasks.squad_metrics import squad_scores

RESAMPLES = 1000

Array = NDArray[Any]
Statistic = Callable[..., float | None]


def metric_intervals(
    kind: str, predictions: Predictions, truth: Sequence[Any], seed: int = 0
) -> dict[str, BootstrapInterval]:
    """Each metric that can be primary, with its interval over examples.

    It says how far the metric could move with other rows of the same kind, for this one model, and
    nothing about other seeds. All metrics share their resamples.

    Args:
        kind: `classification`, `regression` or `qa`.
        predictions: As `Problem.predict` gives them.
        truth: One a row: the class, the number, or the texts of the answers.
        seed: Of the resamples.
    """
    found = {}
    for name, statistic, arrays in _statistics(kind, predictions, truth):
        draws = np.random.default_rng(seed)
        if statistic is None:
            found[name] = bootstrap_mean_interval(arrays[0], draws, resamples=RESAMPLES)
        else:
            found[name] = bootstrap_interval(statistic, arrays, draws, resamples=RESAMPLES)
    return found


def _statistics(
    kind: str, predictions: Predictions, truth: Sequence[Any]
) -> Iterator[tuple[str, Statistic | None, list[Array]]]:
    """Name, statistic and arrays of each metric; no statistic stands for the mean."""
    if kind == "qa":
        scores = squad_scores(predictions["text"].tolist(), list(truth))
        yield "f1", None, [scores.f1]
        yield "exact_match", None, [scores.em]
        return
    labels = np.asarray(truth)
    if kind == "regression":
        values = predictions["value"]
        yield "pearson", lambda p, t: regression_metrics(p, t)["pearson"], [values, labels]
        yield "spearman", lambda p, t: regression_metrics(p, t)["spearman"], [values, labels]
        return
    predicted, classes = predictions["logits"].argmax(axis=1), predictions["logits"].shape[1]
    yield "accuracy", None, [(predicted == labels).astype(np.float64)]
    # Counts are all that these two need, so that a resample costs microseconds.
    yield "f1", lambda p, t: f1_of_counts(_counts(p, t, classes)), [predicted, labels]
    yield "matthews", lambda p, t: matthews_of_counts(_counts(p, t, classes)), [predicted, labels]


def f1_of_counts(counts: Array) -> float | None:
    """F1 of class 1 of two, or the mean over the classes that occur; None where undefined.

    Args:
        counts: Shape (classes, classes): rows by true class and predicted class.
    """
    hits, both = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    if len(counts) == 2:
        return float(2 * hits[1] / both[1]) if both[1] else None
    return float(np.mean(2 * hits[both > 0] / both[both > 0]))


def matthews_of_counts(counts: Array) -> float | None:
    """Matthews' correlation; None where labels or predictions are all the same."""
    total, hits = counts.sum(), np.trace(counts)
    true, predicted = counts.sum(axis=1), counts.sum(axis=0)
    spreads = [float(total**2 - (sums**2).sum()) for sums in (true, predicted)]
    if 0.0 in spreads:
        return None
    return float((hits * total - true @ predicted) / np.sqrt(spreads[0] * spreads[1]))


def _counts(predicted: Array, truth: Array, classes: int) -> Array:
    flat = np.bincount(truth * classes + predicted, minlength=classes**2)
    return flat.reshape(classes, classes).astype(np.float64)
