"""Tests of spread against closed forms, their level and their power."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import levene, pearsonr

from steadytune._exceptions import ConfigError
from steadytune.stats import SpreadComparison, compare_spread


def pairs(count: int, ratio: float, correlation: float, seed: int) -> tuple[object, object]:
    rng = np.random.default_rng(seed)
    covariance = [[ratio**2, correlation * ratio], [correlation * ratio, 1.0]]
    sample = rng.multivariate_normal([0, 0], covariance, count)
    return sample[:, 0], sample[:, 1]


def test_equals_its_definitions() -> None:
    left, right = map(np.asarray, pairs(12, 0.6, 0.4, 1))
    result = compare_spread(left, right)
    assert result.ratio == pytest.approx(left.std(ddof=1) / right.std(ddof=1))
    assert result.pitman_morgan_p == pytest.approx(pearsonr(left + right, left - right).pvalue)
    assert result.brown_forsythe_p == pytest.approx(levene(left, right, center="median").pvalue)


@pytest.mark.parametrize("count", [3, 4, 9])
def test_brown_forsythe_equals_that_of_scipy(count: int) -> None:
    left, right = map(np.asarray, pairs(count, 0.5, 0.0, count))
    expected = levene(left, right, center="median").pvalue
    assert compare_spread(left, right).brown_forsythe_p == pytest.approx(expected)


def test_interval_is_the_inverted_test() -> None:
    left, right = map(np.asarray, pairs(9, 0.7, 0.3, 2))
    interval = compare_spread(left, right).interval
    assert interval is not None
    for bound in (interval.low, interval.high):
        # At the border of the interval the test of "equal after rescaling" has p = 1 - confidence.
        assert compare_spread(left / bound, right).pitman_morgan_p == pytest.approx(0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_interval_covers_for_normal_pairs(correlation: float) -> None:
    hits = 0
    for seed in range(1500):
        interval = compare_spread(*pairs(6, 0.5, correlation, seed)).interval
        hits += interval is not None and not interval.excludes(0.5)
    assert hits / 1500 == pytest.approx(0.95, abs=0.02)


def test_power_is_as_published() -> None:
    p_values = [compare_spread(*pairs(65, 0.7, 0.0, seed)).pitman_morgan_p for seed in range(400)]
    assert np.mean([p is not None and p < 0.05 for p in p_values]) == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize(
    ("left", "right"),
    [([], []), ([0.7], [0.8]), ([0.5, 0.5, 0.5], [0.6, 0.7, 0.8]), ([0.6, 0.7], [0.5, 0.5])],
)
def test_undefined_without_variation(left: list[float], right: list[float]) -> None:
    assert compare_spread(left, right) == SpreadComparison(len(left))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([0.1, 0.2], [0.3, 0.7]),
        ([0.1, 0.2, 0.3], [0.2, 0.4, 0.6]),
        ([0.1, 0.2, 0.3], [0.3, 0.2, 0.1]),
        ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]),
    ],
)
def test_scores_on_one_line_have_a_ratio_but_no_test(left: list[float], right: list[float]) -> None:
    result = compare_spread(left, right)
    assert result.ratio is not None
    assert result.interval is result.pitman_morgan_p is None


def test_a_spread_that_hides_the_other_in_rounding_is_another_one() -> None:
    found = compare_spread([0.8, 0.81, 1e7], [0.82, 0.81, 0.84])
    assert found.pitman_morgan_p == 0
    assert found.interval is not None and found.interval.low > 1e7


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ConfigError, match="match the seeds"):
        compare_spread([0.1, 0.2], [0.1])


def test_equal_distances_from_the_median_leave_brown_forsythe_undefined() -> None:
    result = compare_spread([0.0, 1.0, 0.0, 1.0], [0.0, 2.0, 2.0, 0.0])
    assert result.ratio == pytest.approx(0.5)
    assert result.brown_forsythe_p is None
