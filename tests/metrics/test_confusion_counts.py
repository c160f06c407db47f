"""Metrics of classes from their confusion counts."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune.metrics.classification import classification_metrics
from steadytune.metrics.confusion_counts import (
    OF_COUNTS,
    ClassCounts,
    class_counts,
    confusion_table,
    f1_of_counts,
    matthews_of_counts,
)


def of_table(table: list[list[float]]) -> ClassCounts:
    array = np.array(table)
    return ClassCounts(np.diag(array), array.sum(axis=1), array.sum(axis=0))


def test_counts_stand_by_true_and_predicted_class() -> None:
    found = confusion_table(np.array([0, 1, 1, 2]), np.array([0, 0, 0, 2]), 3)
    assert found.tolist() == [[1, 2, 0], [0, 0, 0], [0, 0, 1]]


def test_counts_that_leave_a_metric_undefined() -> None:
    assert f1_of_counts(of_table([[3.0, 0.0], [0.0, 0.0]])) is None
    assert f1_of_counts(of_table([[3.0, 0, 0], [0, 2, 0], [0, 0, 0]])) == 1.0
    assert matthews_of_counts(of_table([[3.0, 0.0], [1.0, 0.0]])) is None


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_counts_give_what_scikit_learn_gives(classes: int) -> None:
    rng = np.random.default_rng(classes)
    for rows in (1, 3, 20):
        truth, predicted = rng.integers(0, classes - 1, rows), rng.integers(0, classes, rows)
        expected = classification_metrics(np.eye(classes)[predicted], truth)
        for metric, of in OF_COUNTS.items():
            found = of(class_counts(predicted, truth, classes))
            assert found == (None if expected[metric] is None else pytest.approx(expected[metric]))
    for metric, of in OF_COUNTS.items():
        assert of(of_table([[0.0] * classes] * classes)) is None, metric


def test_counts_of_classes_are_those_of_the_table() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 4, 50), rng.integers(0, 5, 50)
    expected = of_table(confusion_table(predicted, truth, 6).tolist())
    assert np.array_equal(class_counts(predicted, truth, 6), expected)
