"""Metrics of classes from their confusion counts: fast enough to be bootstrapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class ClassCounts(NamedTuple):
    """What the metrics need of a confusion table: as many numbers as classes, not their square.

    Args:
        hits: Rows of each class that are predicted as such, shape (classes,).
        labels: Rows of each class.
        predictions: Rows that are predicted as each class.
    """

    hits: Array
    labels: Array
    predictions: Array


def f1_of_counts(counts: ClassCounts) -> float | None:
    """F1 of class 1 of two, or the mean over the classes that occur; None where undefined."""
    if len(counts.hits) == 2:
        hits, both = counts.hits[1], counts.labels[1] + counts.predictions[1]
        return float(2 * hits / both) if both else None
    return f1_macro_of_counts(counts)


def f1_macro_of_counts(counts: ClassCounts) -> float | None:
    """The mean of F1 over the classes that occur among labels or predictions."""
    each = _f1_of_classes(counts)
    return float(np.mean(each[~np.isnan(each)])) if counts.labels.any() else None


def f1_weighted_of_counts(counts: ClassCounts) -> float | None:
    """The mean of F1 over the classes, each weighted by its number of labels."""
    each = np.nan_to_num(_f1_of_classes(counts))
    support = counts.labels
    return float(support @ each / support.sum()) if support.any() else None


def _f1_of_classes(counts: ClassCounts) -> Array:
    """Shape (classes,); NaN for classes that do not occur."""
    both = counts.predictions + counts.labels
    each: Array = np.full(len(both), np.nan)
    np.divide(2 * counts.hits, both, out=each, where=both > 0)
    return each


def matthews_of_counts(counts: ClassCounts) -> float | None:
    """Matthews' correlation; None where labels or predictions are all the same."""
    hits, true, predicted = counts.hits.sum(), counts.labels, counts.predictions
    total = true.sum()
    spreads = [float(total**2 - (sums**2).sum()) for sums in (true, predicted)]
    if 0.0 in spreads:
        return None
    return float((hits * total - true @ predicted) / np.sqrt(spreads[0] * spreads[1]))


def accuracy_of_counts(counts: ClassCounts) -> float | None:
    """The share of rows that are predicted as what they are; None without rows."""
    total = counts.labels.sum()
    return float(counts.hits.sum() / total) if total else None


OF_COUNTS = {
    "accuracy": accuracy_of_counts,
    "f1": f1_of_counts,
    "matthews": matthews_of_counts,
    "f1_macro": f1_macro_of_counts,
    "f1_weighted": f1_weighted_of_counts,
}
"""Metric -> its value for confusion counts."""


def class_counts(predicted: Array, truth: Array, classes: int) -> ClassCounts:
    """Counts of rows by their class and the one that is predicted, both from 0 to classes - 1."""
    return counter(truth, classes)(predicted)


def score_of_classes(metric: str, classes: int, predicted: Array, truth: Array) -> float | None:
    """A metric of `OF_COUNTS` of predicted and true classes; None where it is undefined."""
    return OF_COUNTS[metric](class_counts(predicted, truth, classes))


def counter(truth: Array, classes: int) -> Callable[[Array], ClassCounts]:
    """`class_counts` of many predictions of the same rows, whose classes are counted once."""

    def count(rows: Array) -> Array:
        found: Array = np.bincount(rows, minlength=classes).astype(np.float64)
        return found

    labels = count(truth)
    return lambda predicted: ClassCounts(count(truth[predicted == truth]), labels, count(predicted))


def confusion_table(predicted: Array, truth: Array, classes: int) -> Array:
    """Rows by true class and predicted class, shape (classes, classes)."""
    flat = np.bincount(truth * classes + predicted, minlength=classes**2)
    return flat.reshape(classes, classes).astype(np.float64)
