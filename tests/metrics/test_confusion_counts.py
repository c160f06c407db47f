"""Metrics of classes from their confusion counts."""

from __future__ import annotations

import numpy as np

from steadytune.metrics.confusion_counts import counts, f1_of_counts, matthews_of_counts


def test_counts_stand_by_true_and_predicted_class() -> None:
    found = counts(np.array([0, 1, 1, 2]), np.array([0, 0, 0, 2]), 3)
    assert found.tolist() == [[1, 2, 0], [0, 0, 0], [0, 0, 1]]


def test_counts_that_leave_a_metric_undefined() -> None:
    assert f1_of_counts(np.array([[3.0, 0.0], [0.0, 0.0]])) is None
    assert f1_of_counts(np.array([[3.0, 0, 0], [0, 2, 0], [0, 0, 0]])) == 1.0
    assert matthews_of_counts(np.array([[3.0, 0.0], [1.0, 0.0]])) is None
