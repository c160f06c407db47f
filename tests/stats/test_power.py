"""Power against published numbers, closed forms and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm, ttest_1samp

from steadytune._exceptions import ConfigError
from steadytune.stats import (
    compare_spread,
    detectable_effect,
    detectable_ratio,
    mean_power,
    needed_pairs,
    spread_power,
    std_of_differences,
)


@pytest.mark.parametrize(
    ("effect", "target", "pairs"), [(0.5, 0.8, 34), (0.5, 0.9, 44), (0.2, 0.8, 199), (0.8, 0.8, 15)]
)
def test_pairs_needed_are_those_of_published_tables(
    effect: float, target: float, pairs: int
) -> None:
    # Cohen (1988) and G*Power: paired t-test, two-sided, 5 %.
    assert needed_pairs(lambda count: mean_power(count, effect), target) == pairs


@pytest.mark.parametrize("count", [2, 5, 12])
def test_mean_power_equals_the_share_of_simulated_tests(count: int) -> None:
    sample = np.random.default_rng(0).normal(0.9, 1.0, (20_000, count))
    share = np.mean(ttest_1samp(sample, 0, axis=1).pvalue <= 0.05)
    assert mean_power(count, 0.9) == pytest.approx(share, abs=0.012)


@pytest.mark.parametrize(
    ("count", "ratio", "correlation"), [(5, 0.3, 0.0), (10, 0.5, 0.5), (16, 1.8, -0.3)]
)
def test_spread_power_equals_the_share_of_simulated_tests(
    count: int, ratio: float, correlation: float
) -> None:
    covariance = [[ratio**2, correlation * ratio], [correlation * ratio, 1.0]]
    sample = np.random.default_rng(1).multivariate_normal([0, 0], covariance, (3000, count))
    p_values = [compare_spread(s[:, 0], s[:, 1]).pitman_morgan_p or 1.0 for s in sample]
    share = np.mean(np.array(p_values) <= 0.05)
    assert spread_power(count, ratio, correlation) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("count", [2, 3, 7, 200])
def test_without_a_difference_the_power_is_the_significance(count: int) -> None:
    assert mean_power(count, 0.0, significance=0.03) == pytest.approx(0.03)
    if count > 2:
        assert spread_power(count, 1.0, 0.4, significance=0.03) == pytest.approx(0.03)


def test_many_pairs_approach_the_normal_formula() -> None:
    effect = 0.02
    expected = ((norm.ppf(0.975) + norm.ppf(0.8)) / effect) ** 2
    assert needed_pairs(lambda count: mean_power(count, effect)) == pytest.approx(expected, abs=3)


@pytest.mark.parametrize("count", [2, 3, 5, 40, 5000])
def test_what_is_detectable_has_the_wished_power(count: int) -> None:
    effect = detectable_effect(count, 0.9, significance=0.01)
    assert effect is not None
    assert mean_power(count, effect, significance=0.01) == pytest.approx(0.9)
    ratio = detectable_ratio(count, 0.3, 0.9)
    assert (ratio is None) == (count == 2)
    if ratio is not None:
        assert ratio < 1
        assert spread_power(count, ratio, 0.3) == pytest.approx(0.9)


def test_power_depends_on_neither_direction() -> None:
    assert mean_power(9, -0.7) == pytest.approx(mean_power(9, 0.7))
    assert spread_power(9, 0.4, 0.2) == pytest.approx(spread_power(9, 2.5, 0.2))


def test_correlated_runs_scatter_less_around_each_other() -> None:
    assert std_of_differences(0.03) == pytest.approx(0.03 * math.sqrt(2))
    assert std_of_differences(0.03, 0.5) == pytest.approx(0.03)
    assert spread_power(20, 0.6, 0.8) > spread_power(20, 0.6, 0.0)


def test_no_number_of_seeds_may_be_enough() -> None:
    assert needed_pairs(lambda count: mean_power(count, 0.001)) is None
    assert mean_power(1, 100) == spread_power(2, 0.01) == 0.0
    assert detectable_effect(1) is None


def test_bad_input_is_refused() -> None:
    with pytest.raises(ConfigError, match="std is 0"):
        std_of_differences(0)
    with pytest.raises(ConfigError, match="correlation is 1"):
        spread_power(10, 0.5, 1)
    with pytest.raises(ConfigError, match="ratio is -2"):
        spread_power(10, -2)
    with pytest.raises(ConfigError, match="significance is 5"):
        mean_power(10, 0.5, significance=5)
    with pytest.raises(ConfigError, match="power is 80"):
        needed_pairs(lambda count: 1.0, 80)
    with pytest.raises(ConfigError, match="effect is nan"):
        mean_power(10, math.nan)
