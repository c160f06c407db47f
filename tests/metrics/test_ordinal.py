"""Scores of grades against closed forms and scikit-learn; what is undefined is None, never NaN."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import cohen_kappa_score

from steadytune.metrics.ordinal import (
    best_constant_score,
    nearest,
    ordinal_metrics,
    quadratic_kappa,
)

GRADES = hnp.arrays(np.int64, st.integers(1, 8), elements=st.integers(-3, 6))


def test_kappa_by_hand() -> None:
    # squared differences 0, 1, 4 sum to 5; of all nine pairs of (1, 2, 5) and (1, 3, 3) to
    # 0 + 4 + 4 + 1 + 1 + 1 + 16 + 4 + 4 = 35
    assert quadratic_kappa([1, 2, 5], [1, 3, 3]) == pytest.approx(1 - 3 * 5 / 35)
    assert quadratic_kappa([1, 2, 3], [1, 2, 3]) == 1.0
    assert quadratic_kappa([3, 1], [1, 3]) == -1.0


@settings(deadline=None)
@given(st.data())
def test_kappa_is_that_of_scikit_learn(data: st.DataObject) -> None:
    truth = data.draw(GRADES)
    predicted = data.draw(hnp.arrays(np.int64, len(truth), elements=st.integers(-3, 6)))
    found = quadratic_kappa(predicted, truth)
    every = np.unique(np.concatenate([truth, predicted]))
    if len(every) < 2:
        assert found is None
        return
    scale = list(range(every[0], every[-1] + 1))
    expected = cohen_kappa_score(truth, predicted, labels=scale, weights="quadratic")
    assert found == pytest.approx(expected, abs=1e-12)


@given(GRADES, st.integers(-3, 6))
def test_one_grade_for_all_scores_zero_exactly(truth: np.ndarray, grade: int) -> None:
    assert quadratic_kappa(np.full(len(truth), grade), truth) in (0.0, None)


def test_numbers_are_rounded_to_grades_that_there_are() -> None:
    found = nearest([-9.0, 1.5, 1.6, 2.9, 3.5, 3.6, 99.0], (1, 2, 5))
    assert found.tolist() == [1, 1, 2, 2, 2, 5, 5]
    assert nearest([[0.4], [7.0]], (3,)).tolist() == [[3], [3]]


@given(hnp.arrays(np.float64, 5, elements=st.floats(-10, 10)))
def test_no_other_grade_is_nearer(values: np.ndarray) -> None:
    grades = (-4, 0, 1, 7)
    distances = np.abs(values[:, None] - np.array(grades))
    found = np.abs(values - nearest(values, grades))
    np.testing.assert_array_equal(found, distances.min(axis=1))


def test_all_scores_by_hand() -> None:
    scores = ordinal_metrics([1.25, 4.0, 3.0], [1, 4, 3], [1, 2, 3])
    assert scores["accuracy"] == pytest.approx(2 / 3)
    assert scores["mae"] == pytest.approx(2 / 3)
    assert scores["loss"] == pytest.approx((0.0625 + 4 + 0) / 3)
    assert scores["qwk"] == quadratic_kappa([1, 4, 3], [1, 2, 3])


@pytest.mark.parametrize("values", [[], [math.nan, 1.0], [math.inf, 1.0]])
def test_without_rows_or_finite_numbers_all_is_undefined(values: list[float]) -> None:
    grades = [1] * len(values)
    assert set(ordinal_metrics(values, grades, grades).values()) == {None}


def test_what_one_grade_for_all_can_reach() -> None:
    assert best_constant_score([1, 1, 3, 5], "accuracy") == 0.5
    assert best_constant_score([1, 1, 3, 5], "qwk") == 0.0
