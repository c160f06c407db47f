"""Probability of improvement: counted by hand, its interval's closed forms and its coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, mannwhitneyu, norm

from steadytune._exceptions import ConfigError
from steadytune.stats import paired_improvement, unpaired_improvement


def test_pairs_by_hand() -> None:
    found = paired_improvement([0.8, 0.7, 0.9, 0.5], [0.7, 0.7, 0.8, 0.6])
    assert (found.higher, found.equal, found.lower, found.paired) == (2, 1, 1, True)
    assert found.probability == 0.625


@pytest.mark.parametrize(("wins", "count"), [(0, 5), (3, 5), (5, 5), (12, 20)])
def test_pairs_without_ties_have_the_exact_binomial_interval(wins: int, count: int) -> None:
    found = paired_improvement([1.0] * wins + [-1.0] * (count - wins), [0.0] * count).interval
    expected = binomtest(wins, count).proportion_ci(method="exact")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_equal_pairs_are_undecided() -> None:
    found = paired_improvement([0.3, 0.1 + 0.2], [0.1 + 0.2, 0.3])
    assert found.probability == 0.5 and found.interval is not None
    assert found.interval.low == pytest.approx(1 - found.interval.high)


def test_each_run_with_each_is_the_mann_whitney_statistic() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 6, 9).astype(float), rng.integers(0, 6, 7).astype(float)
    found = unpaired_improvement(left, right)
    assert found.probability == pytest.approx(mannwhitneyu(left, right).statistic / 63)
    assert found.higher + found.equal + found.lower == 63


def test_swapping_the_methods_mirrors_the_interval() -> None:
    left, right = [0.7, 0.8, 0.85, 0.9], [0.6, 0.75, 0.82]
    forth, back = unpaired_improvement(left, right), unpaired_improvement(right, left)
    assert forth.interval is not None and back.interval is not None
    assert forth.probability == pytest.approx(1 - (back.probability or 0))
    assert forth.interval.low == pytest.approx(1 - back.interval.high)


def test_one_run_each_has_the_interval_of_wilson() -> None:
    # With one comparison the standard error is that of a share: Wilson's score interval at 1 of 1.
    found = unpaired_improvement([0.9], [0.1]).interval
    assert found is not None
    assert (found.low, found.high) == pytest.approx((1 / (1 + norm.ppf(0.975) ** 2), 1.0))


def test_unequal_numbers_of_runs_count_as_their_mean() -> None:
    left, right = [0.3, 0.8, 0.9], np.linspace(0, 1.1, 12)
    found = unpaired_improvement(left, right)
    assert found.interval is not None and found.probability is not None
    for end in (found.interval.low, found.interval.high):
        # The variance of Hanley and McNeil with (3 + 12) / 2 runs of either method.
        above, below = end / (2 - end) - end**2, 2 * end**2 / (1 + end) - end**2
        variance = (end * (1 - end) + (7.5 - 1) * (above + below)) / (3 * 12)
        reach = norm.ppf(0.975) * math.sqrt(variance)
        assert abs(found.probability - end) == pytest.approx(reach)


def test_separated_runs_leave_doubt() -> None:
    found = unpaired_improvement([0.8, 0.81, 0.82, 0.83, 0.84], [0.7, 0.71, 0.72, 0.73, 0.74])
    assert found.probability == 1.0 and found.interval is not None
    assert 0.5 < found.interval.low < 0.8 and found.interval.high == 1.0


@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_covers_for_runs_that_are_not_paired(shift: float) -> None:
    rng, samples = np.random.default_rng(4), 1000
    truth = norm.cdf(shift / math.sqrt(2))
    hits = 0
    for _ in range(samples):
        found = unpaired_improvement(rng.normal(shift, 1, 6), rng.normal(0, 1, 6)).interval
        hits += found is not None and not found.excludes(truth)
    assert 0.93 <= hits / samples <= 0.985


def test_nothing_to_compare_gives_none() -> None:
    assert paired_improvement([], []).probability is paired_improvement([], []).interval is None
    assert unpaired_improvement([0.5], []).probability is None


def test_bad_input_is_refused() -> None:
    with pytest.raises(ConfigError, match="match the seeds"):
        paired_improvement([0.1, 0.2], [0.1])
    with pytest.raises(ConfigError, match="nan"):
        unpaired_improvement([math.nan], [0.1])
    with pytest.raises(ConfigError, match="between 0 and 1"):
        unpaired_improvement([0.2], [0.1], confidence=1)
