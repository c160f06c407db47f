"""The signed-rank test against a listing of every pattern, SciPy and its own level."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from steadytune._exceptions import ConfigError
from steadytune.stats import signed_rank_test


def by_listing(values: list[int]) -> float:
    kept = np.array([value for value in values if value])
    ranks = rankdata(np.abs(kept))
    seen = abs(float(np.sum(np.sign(kept) * ranks)))
    patterns = itertools.product([-1, 1], repeat=kept.size)
    return float(np.mean([abs(np.dot(pattern, ranks)) >= seen - 1e-9 for pattern in patterns]))


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=8))
def test_equals_the_listing_with_ties_and_zeros(values: list[int]) -> None:
    # Thirds are not exact in binary: sums of them differ in the last digits.
    result = signed_rank_test([0.1 + value / 3 - 0.1 for value in values])
    assert result.exact
    assert result.zeros == values.count(0)
    assert result.p_value == pytest.approx(by_listing(values), abs=1e-12)


@pytest.mark.parametrize("count", [3, 12, 30, 31, 45, 80])
def test_equals_scipy_without_ties(count: int) -> None:
    values = np.random.default_rng(count).normal(0.2, 1, count)
    result = signed_rank_test(values)
    assert result.p_value == pytest.approx(wilcoxon(values, method="auto").pvalue, rel=1e-6)
    assert result.exact == (count <= 50)


@pytest.mark.parametrize("count", [1, 5, 6, 30, 40])
def test_one_sided_differences_reach_the_smallest_p(count: int) -> None:
    result = signed_rank_test([0.1 + 0.01 * i for i in range(count)])
    assert result.p_value == result.smallest_p == pytest.approx(2.0 ** (1 - count))


def test_zeros_raise_the_smallest_p() -> None:
    result = signed_rank_test([0.0, 0.0, 0.01, 0.02, 0.03])
    assert (result.zeros, result.smallest_p, result.p_value) == (2, 0.25, 0.25)


def test_many_ties_use_the_normal_approximation() -> None:
    result = signed_rank_test([0.01] * 25 + [-0.01] * 15)
    # With one rank for all, it is the sign test: z = (25 - 15) / sqrt(40).
    assert not result.exact
    assert result.p_value == pytest.approx(math.erfc(10 / math.sqrt(40) / math.sqrt(2)))
    assert result.smallest_p == pytest.approx(math.erfc(math.sqrt(40) / math.sqrt(2)))


def test_one_failed_run_does_not_decide() -> None:
    gains = [0.01, 0.012, 0.011, 0.013, 0.009, 0.014, 0.008]
    small = signed_rank_test([*gains, -0.02]).p_value
    assert signed_rank_test([*gains, -0.4]).p_value == small


def test_no_difference_gives_one_and_no_pairs_none() -> None:
    zeros = signed_rank_test([0.0, 0.0])
    assert (zeros.p_value, zeros.smallest_p, zeros.zeros) == (1.0, 1.0, 2)
    assert signed_rank_test([]).p_value is signed_rank_test([]).smallest_p is None


def test_undefined_differences_are_refused() -> None:
    with pytest.raises(ConfigError):
        signed_rank_test([math.nan])
