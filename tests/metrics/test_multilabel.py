"""Metrics of several labels per text, beside scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from steadytune.metrics.multilabel import (
    MULTILABEL_METRICS,
    OF_SETS,
    best_constant_score,
    best_threshold,
    label_sets,
    mean_logits,
    multilabel_metrics,
)

TRUTH = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 0, 0]])
LOGITS = np.array([[2.0, -1, -3], [-1, 1, -3], [-2, -2, -2], [1, 2, -4]])


def sets(rows: int, labels: int) -> st.SearchStrategy[np.ndarray]:
    row = st.lists(st.integers(0, 1), min_size=labels, max_size=labels)
    return st.lists(row, min_size=rows, max_size=rows).map(np.array)


def test_by_hand() -> None:
    found = multilabel_metrics(LOGITS, TRUTH, 0.5)
    # Predicted: {0}, {1}, {}, {0, 1}; held: {0}, {0, 1}, {}, {0}.
    assert found["f1_micro"] == pytest.approx(2 * 3 / (4 + 4))
    assert found["f1_macro"] == pytest.approx((2 * 2 / 5 + 2 * 1 / 3 + 0) / 3)
    assert found["exact_match"] == 0.5
    shares = 1 / (1 + np.exp(-LOGITS))
    losses = -np.where(TRUTH, np.log(shares), np.log(1 - shares))
    assert found["loss"] == pytest.approx(losses.mean())


@given(truth=sets(5, 3), predicted=sets(5, 3))
def test_as_scikit_learn_has_them(truth: np.ndarray, predicted: np.ndarray) -> None:
    found = multilabel_metrics(np.where(predicted, 3.0, -3.0), truth, 0.5)
    if truth.any() or predicted.any():
        for name in ("micro", "macro"):
            expected = f1_score(truth, predicted, average=name, zero_division=0)
            assert found[f"f1_{name}"] == pytest.approx(expected)
    else:
        assert found["f1_micro"] is found["f1_macro"] is None
    assert found["exact_match"] == pytest.approx(accuracy_score(truth, predicted))


@pytest.mark.parametrize("metric", MULTILABEL_METRICS)
@given(truth=sets(6, 3))
def test_no_constant_set_scores_more(metric: str, truth: np.ndarray) -> None:
    every = [np.array([bool(n >> k & 1) for k in range(3)]) for n in range(8)]
    of = OF_SETS[metric]
    best = max(of(np.tile(one, (6, 1)), truth.astype(bool)) or 0.0 for one in every)
    assert best_constant_score(truth, metric) == pytest.approx(best)


def test_the_threshold_that_parts_best() -> None:
    logits = np.array([[-1.0, -4], [-1.2, -4], [-3, -1.1], [-3, -4]])
    truth = np.array([[1, 0], [1, 0], [0, 1], [0, 0]])
    threshold = best_threshold(logits, truth, "f1_micro")
    assert (label_sets(logits, threshold) == truth).all()
    assert multilabel_metrics(logits, truth, threshold)["exact_match"] == 1.0
    assert multilabel_metrics(logits, truth, 0.5)["f1_micro"] == 0.0


def test_of_equal_thresholds_a_half() -> None:
    assert best_threshold([[3.0, -3.0], [-3.0, 3.0]], [[1, 0], [0, 1]], "f1_micro") == 0.5


def test_each_row_can_have_a_threshold() -> None:
    assert label_sets([[0.0, 1.0], [0.0, 1.0]], [0.4, 0.6]).tolist() == [[1, 1], [0, 1]]


def test_the_mean_of_probabilities() -> None:
    logits = np.array([[[0.0, 50.0]], [[2.0, -50.0]]])
    shares = 1 / (1 + np.exp(-mean_logits(logits)))
    assert shares[0] == pytest.approx([(0.5 + 1 / (1 + np.exp(-2))) / 2, 0.5])


def test_members_may_count_for_more() -> None:
    logits = np.array([[[0.0]], [[2.0]]])
    shares = 1 / (1 + np.exp(-mean_logits(logits, [3, 1])))
    assert shares[0] == pytest.approx([(3 * 0.5 + 1 / (1 + np.exp(-2))) / 4])


def test_nothing_to_score_is_none() -> None:
    assert set(multilabel_metrics(np.zeros((0, 2)), np.zeros((0, 2)), 0.5).values()) == {None}
    assert set(multilabel_metrics([[np.nan, 0.0]], [[0, 1]], 0.5).values()) == {None}


def test_shapes_and_labels_must_fit() -> None:
    for labels in ([[0, 1, 0]], [[0, 2]], [0, 1]):
        with pytest.raises(ValueError, match="expected logits"):
            multilabel_metrics([[0.0, 1.0]], labels, 0.5)
