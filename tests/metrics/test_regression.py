"""Scores of predicted numbers against closed forms; what is undefined is None and never NaN."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from steadytune.metrics.regression import regression_metrics


def test_by_hand() -> None:
    # deviations (-1, 0, 1) and (-1, 1, 0): covariance 1, both sums of squares 2
    scores = regression_metrics([1.0, 2.0, 3.0], [0.0, 2.0, 1.0])
    assert scores["pearson"] == pytest.approx(0.5)
    assert scores["spearman"] == pytest.approx(0.5)
    assert scores["mse"] == pytest.approx((1 + 0 + 4) / 3)
    assert scores["loss"] == scores["mse"]


def test_ranks_ignore_the_scale_and_tied_ones_share_their_mean() -> None:
    assert regression_metrics([1.0, 10.0, 1000.0], [0, 1, 2])["spearman"] == pytest.approx(1)
    # ranks (1.5, 1.5, 3) and (1, 2, 3): covariance 1.5, sums of squares 1.5 and 2
    tied = regression_metrics([0.0, 0.0, 1.0], [0, 1, 2])["spearman"]
    assert tied == pytest.approx(1.5 / math.sqrt(1.5 * 2))


def test_turned_around() -> None:
    scores = regression_metrics([3.0, 2.0, 1.0], [1, 2, 3])
    assert scores["pearson"] == pytest.approx(-1) and scores["spearman"] == pytest.approx(-1)


@pytest.mark.parametrize(
    ("values", "labels"), [([1.0, 1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0, 1.0]), ([1.0], [2.0])]
)
def test_correlations_need_variation(values: list[float], labels: list[float]) -> None:
    scores = regression_metrics(values, labels)
    assert scores["pearson"] is None and scores["spearman"] is None
    assert scores["mse"] == pytest.approx(float(np.mean(np.subtract(values, labels) ** 2)))


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_values_that_are_not_finite_leave_all_undefined(broken: float) -> None:
    assert set(regression_metrics([broken, 1.0], [0.0, 1.0]).values()) == {None}


def test_no_rows_leave_all_undefined() -> None:
    assert set(regression_metrics([], []).values()) == {None}


@pytest.mark.parametrize(
    ("values", "labels"), [([[1.0]], [1.0]), ([1.0], [1.0, 2.0]), ([1.0], [math.nan])]
)
def test_what_does_not_fit_is_refused(values: list[float], labels: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        regression_metrics(values, labels)


@given(st.data())
def test_every_score_is_a_number_or_none(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 6))
    values = data.draw(hnp.arrays(np.float32, rows))
    labels = data.draw(hnp.arrays(np.float64, rows, elements=st.floats(-1e300, 1e300)))
    for value in regression_metrics(values, labels).values():
        assert value is None or (type(value) is float and math.isfinite(value))
