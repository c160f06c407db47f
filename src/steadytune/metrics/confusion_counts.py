"""Metrics of classes from their confusion counts: fast enough to be bootstrapped."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def f1_of_counts(table: Array) -> float | None:
    """F1 of class 1 of two, or the mean over the classes that occur; None where undefined.

    Args:
        table: Shape (classes, classes): rows by true class and predicted class.
    """
    hits, both = np.diag(table), table.sum(axis=0) + table.sum(axis=1)
    if len(table) == 2:
        return float(2 * hits[1] / both[1]) if both[1] else None
    return float(np.mean(2 * hits[both > 0] / both[both > 0]))


def matthews_of_counts(table: Array) -> float | None:
    """Matthews' correlation; None where labels or predictions are all the same."""
    total, hits = table.sum(), np.trace(table)
    true, predicted = table.sum(axis=1), table.sum(axis=0)
    spreads = [float(total**2 - (sums**2).sum()) for sums in (true, predicted)]
    if 0.0 in spreads:
        return None
    return float((hits * total - true @ predicted) / np.sqrt(spreads[0] * spreads[1]))


def accuracy_of_counts(table: Array) -> float | None:
    """The share of rows on the diagonal; None without rows."""
    total = table.sum()
    return float(np.trace(table) / total) if total else None


OF_COUNTS = {
    "accuracy": accuracy_of_counts,
    "f1": f1_of_counts,
    "matthews": matthews_of_counts,
}
"""Metric -> its value for confusion counts."""


def counts(predicted: Array, truth: Array, classes: int) -> Array:
    """Rows by true class and predicted class, shape (classes, classes)."""
    flat = np.bincount(truth * classes + predicted, minlength=classes**2)
    return flat.reshape(classes, classes).astype(np.float64)
