"""Scores against closed forms; what is undefined is None and never NaN."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import matthews_corrcoef

from steadytune.metrics import row_chunks
from steadytune.metrics.classification import (
    CLASSIFICATION_METRICS,
    best_constant_score,
    classification_metrics,
)


def logits_for(predictions: list[int], classes: int) -> np.ndarray:
    return np.eye(classes)[predictions]


def test_two_classes_by_hand() -> None:
    # 3 true positives, 1 false positive, 2 false negatives, 4 true negatives
    labels = [1] * 5 + [0] * 5
    predicted = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    scores = classification_metrics(logits_for(predicted, 2), labels)
    assert scores["accuracy"] == pytest.approx(0.7)
    assert scores["f1"] == pytest.approx(2 * 3 / (2 * 3 + 1 + 2))
    assert scores["matthews"] == pytest.approx((3 * 4 - 1 * 2) / math.sqrt(4 * 5 * 5 * 6))


def test_three_classes_average_f1_over_those_that_occur() -> None:
    labels, predicted = [0, 0, 1, 1], [0, 1, 1, 1]
    scores = classification_metrics(logits_for(predicted, 3), labels)
    assert scores["f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_averages_of_f1_as_scikit_learn_calls_them() -> None:
    # Class 0 has a hit in two labels and two predictions, class 1 none, class 2 only hits.
    scores = classification_metrics(logits_for([0, 1, 0, 2], 3), np.array([0, 0, 1, 2]))
    each = (0.5, 0.0, 1.0)
    assert scores["f1_macro"] == scores["f1"] == pytest.approx(sum(each) / 3)
    assert scores["f1_weighted"] == pytest.approx((2 * 0.5 + 0 + 1) / 4)
    two = classification_metrics(logits_for([0, 1, 0, 0], 2), np.array([0, 0, 0, 1]))
    assert (two["f1"], two["f1_macro"]) == (0.0, pytest.approx(2 / 3 / 2))


def test_cross_entropy_in_nats() -> None:
    even = classification_metrics(np.zeros((4, 3)), [0, 1, 2, 0])
    assert even["loss"] == pytest.approx(math.log(3))
    sure = classification_metrics([[1000.0, 0.0]], [1])
    assert sure["loss"] == pytest.approx(1000.0)


def test_calibration_error_of_what_is_sure() -> None:
    assert classification_metrics([[1000.0, 0.0]] * 4, [0, 0, 0, 1])["ece"] == pytest.approx(0.25)


def test_tensors_are_taken_too() -> None:
    import torch

    scores = classification_metrics(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([1, 0]))
    assert scores["accuracy"] == 1.0


def test_no_positive_anywhere_leaves_f1_undefined() -> None:
    scores = classification_metrics(logits_for([0, 0], 2), [0, 0])
    assert scores["f1"] is None and scores["matthews"] is None and scores["accuracy"] == 1.0


def test_no_hit_among_positives_is_a_defined_zero() -> None:
    assert classification_metrics(logits_for([0, 0], 2), [1, 0])["f1"] == 0.0


@pytest.mark.parametrize(
    ("predicted", "labels"), [([1, 1], [0, 1]), ([0, 1], [1, 1]), ([0, 0], [0, 0])]
)
def test_matthews_needs_variation(predicted: list[int], labels: list[int]) -> None:
    assert classification_metrics(logits_for(predicted, 2), labels)["matthews"] is None


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_logits_that_are_not_finite_leave_all_undefined(broken: float) -> None:
    scores = classification_metrics([[0.0, 1.0], [broken, 0.0]], [0, 1])
    assert set(scores.values()) == {None}


def test_no_rows_leave_all_undefined() -> None:
    assert set(classification_metrics(np.zeros((0, 2)), []).values()) == {None}


@pytest.mark.parametrize(
    ("logits", "labels"),
    [
        (np.zeros((2, 1)), [0, 0]),
        (np.zeros(2), [0, 1]),
        (np.zeros((2, 2)), [0]),
        (np.zeros((2, 2)), [0, 2]),
        (np.zeros((2, 2)), [-1, 0]),
        (np.zeros((2, 2)), [0.0, 1.0]),
    ],
)
def test_what_does_not_fit_is_refused(logits: np.ndarray, labels: list[int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        classification_metrics(logits, labels)


@given(st.data())
def test_every_score_is_a_number_or_none(data: st.DataObject) -> None:
    rows, classes = data.draw(st.integers(0, 6)), data.draw(st.integers(2, 4))
    logits = data.draw(hnp.arrays(np.float32, (rows, classes)))
    labels = data.draw(hnp.arrays(np.int64, rows, elements=st.integers(0, classes - 1)))
    for value in classification_metrics(logits, labels).values():
        assert value is None or (type(value) is float and math.isfinite(value))


@pytest.mark.parametrize(
    ("labels", "classes", "metric", "score"),
    [
        ([1, 1, 1, 0], 2, "accuracy", 0.75),
        ([0, 0, 0, 1], 2, "accuracy", 0.75),
        ([1, 1, 1, 0], 2, "f1", 2 * 0.75 / 1.75),
        ([0, 0, 0], 2, "f1", 0.0),
        ([0, 1, 2, 2], 3, "f1", (2 * 0.5 / 1.5) / 3),
        ([0, 1], 2, "matthews", 0.0),
    ],
)
def test_the_best_constant(labels: list[int], classes: int, metric: str, score: float) -> None:
    assert best_constant_score(labels, classes, metric) == pytest.approx(score)


@pytest.mark.parametrize("metric", CLASSIFICATION_METRICS)
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_best_constant_is_the_best_of_all(metric: str, classes: int) -> None:
    for draw in range(5):
        labels = np.random.default_rng(draw).integers(classes - draw % 2, size=20)
        tried = (
            classification_metrics(np.tile(np.eye(classes)[label], (20, 1)), labels)[metric] or 0.0
            for label in range(classes)
        )
        assert best_constant_score(labels, classes, metric) == pytest.approx(max(tried))


def test_the_best_constant_of_many_classes_is_found_at_once() -> None:
    labels = np.arange(10_000) % 5_000
    assert best_constant_score(labels, 5_000, "accuracy") == pytest.approx(1 / 5_000)
    assert best_constant_score(labels, 5_000, "f1") == pytest.approx(2 * 2 / 10_002 / 5_000)


@given(st.integers(1, 30), st.integers(2, 6), st.integers(0, 99))
def test_a_part_of_the_rows_at_a_time_gives_the_same_bits(
    rows: int, classes: int, seed: int
) -> None:
    draws = np.random.default_rng(seed)
    logits = draws.normal(size=(rows, classes)).astype(np.float32)
    labels = draws.integers(classes, size=rows)
    whole = classification_metrics(logits, labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_chunks, "MOST_NUMBERS", 2 * classes)
        assert classification_metrics(logits, labels) == whole
    if whole["matthews"] is not None:
        assert whole["matthews"] == matthews_corrcoef(labels, logits.argmax(axis=1))


def test_thousands_of_classes_take_little_memory() -> None:
    logits = np.zeros((1000, 5000), np.float32)
    labels = np.arange(1000)
    classification_metrics(logits[:2], labels[:2])  # imports what it needs
    tracemalloc.start()
    try:
        classification_metrics(logits, labels)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * logits.nbytes
