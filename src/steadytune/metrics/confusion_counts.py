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
    if len(table) == 2:
        hits, both = table[1, 1], table[1].sum() + table[:, 1].sum()
        return float(2 * hits / both) if both else None
    return f1_macro_of_counts(table)


def f1_macro_of_counts(table: Array) -> float | None:
    """The mean of F1 over the classes that occur among labels or predictions."""
    each = _f1_of_classes(table)
    return float(np.mean(each[~np.isnan(each)])) if table.any() else None


def f1_weighted_of_counts(table: Array) -> float | None:
    """The mean of F1 over the classes, each weighted by its number of labels."""
    support = table.sum(axis=1)
    each = np.nan_to_num(_f1_of_classes(table))
    return float(support @ each / support.sum()) if table.any() else None


def _f1_of_classes(table: Array) -> Array:
    """Shape (classes,); NaN for classes that do not occur."""
    hits, both = np.diag(table), table.sum(axis=0) + table.sum(axis=1)
    each: Array = np.divide(2 * hits, both, out=np.full(len(table), np.nan), where=both > 0)
    return each


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
    "f1_macro": f1_macro_of_counts,
    "f1_weighted": f1_weighted_of_counts,
}
"""Metric -> its value for confusion counts."""


def counts(predicted: Array, truth: Array, classes: int) -> Array:
    """Rows by true class and predicted class, shape (classes, classes)."""
    flat = np.bincount(truth * classes + predicted, minlength=classes**2)
    return flat.reshape(classes, classes).astype(np.float64)
