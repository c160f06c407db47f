"""Correlations against scipy, and what the interval covers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from steadytune import ConfigError
from steadytune.stats import correlation, correlation_within


def samples(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    first = generator.normal(size=count)
    return first, 0.5 * first + generator.normal(size=count)


def test_pearson_and_its_interval_are_scipys() -> None:
    first, second = samples(12)
    found, expected = correlation(first, second), stats.pearsonr(first, second)
    assert found.value == pytest.approx(expected.statistic)
    interval = expected.confidence_interval()
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(interval))
    assert (found.count, found.groups) == (12, 1)


def test_spearman_is_of_ranks_with_ties() -> None:
    first, second = samples(15)
    first = first.round(0)
    found = correlation(first, second, kind="spearman")
    assert found.value == pytest.approx(stats.spearmanr(first, second).statistic)
    assert correlation(first, second**3, kind="spearman").value == found.value


def test_what_is_undefined_is_none() -> None:
    assert correlation([1, 1, 1, 1], [1, 2, 3, 4]).value is None
    three = correlation([1, 2, 3], [3, 2, 1])
    assert three.value == -1 and three.interval is None
    perfect = correlation([1, 2, 3, 4], [1, 2, 3, 4])
    assert perfect.value == pytest.approx(1)
    assert perfect.interval is not None and perfect.interval.high <= 1
    assert correlation([], []).value is None


def test_pooling_equal_groups_narrows_the_interval_and_keeps_the_value() -> None:
    first, second = samples(10)
    alone = correlation(first, second)
    pooled = correlation_within(
        np.tile(first, 3), np.tile(second, 3), np.repeat(["a", "b", "c"], 10).tolist()
    )
    assert pooled.value == pytest.approx(alone.value)
    assert (pooled.count, pooled.groups) == (30, 3)
    assert alone.interval is not None and pooled.interval is not None
    z_width = np.arctanh(alone.interval.high) - np.arctanh(alone.interval.low)
    pooled_width = np.arctanh(pooled.interval.high) - np.arctanh(pooled.interval.low)
    assert pooled_width == pytest.approx(z_width * np.sqrt(7 / (3 * 9 - 2)))


def test_pooling_is_the_mean_of_the_groups_weighted_by_their_freedom() -> None:
    first, second = samples(12)
    groups = ["a"] * 4 + ["b"] * 8
    one, other = (correlation(first[s], second[s]).value for s in (slice(4), slice(4, None)))
    assert one is not None and other is not None
    found = correlation_within(first, second, groups)
    assert found.value == pytest.approx((3 * one + 7 * other) / 10)


def test_one_perfect_group_does_not_carry_the_others() -> None:
    first = np.tile([1.0, 2.0, 3.0, 4.0], 5)
    second = np.tile([2.0, 4.0, 1.0, 3.0], 5)  # unrelated
    second[:4] = first[:4]
    groups = np.repeat(range(5), 4).tolist()
    found = correlation_within(first, second, groups, kind="spearman")
    assert found.value == pytest.approx(0.2)
    assert found.interval is not None and not found.interval.excludes(0)


@pytest.mark.parametrize(("size", "groups"), [(4, 6), (5, 24), (10, 1)])
def test_unrelated_samples_are_rarely_called_related(size: int, groups: int) -> None:
    """Of 400 samples without any relation, about 5 % of the intervals leave out 0."""
    generator = np.random.default_rng(7)
    names = np.repeat(range(groups), size).tolist()
    false = 0
    for _ in range(400):
        x, y = generator.normal(size=(2, size * groups))
        found = correlation_within(x, y, names, kind="spearman")
        assert found.interval is not None
        false += found.interval.excludes(0)
    assert false / 400 < 0.08


def test_a_perfect_order_of_few_ranks_has_a_wide_interval_or_none() -> None:
    five, six = (correlation(range(n), range(n), kind="spearman") for n in (5, 6))
    assert five.value == pytest.approx(1) and five.interval is None
    assert six.interval is not None and six.interval.low < 0.7


def test_small_groups_in_perfect_order_leave_room_for_less() -> None:
    ranks, groups = np.tile([1, 2, 3, 4], 5), np.repeat(range(5), 4).tolist()
    found = correlation_within(ranks, ranks, groups, kind="spearman")
    assert found.value == pytest.approx(1) and found.interval is not None
    # Ranks of four move in steps of 0.2: half a step below 1 is as far as the order can tell.
    z, half = np.arctanh(0.9), 1.96 * np.sqrt((1 + 1 / 2) / 13)
    assert found.interval.low == pytest.approx(np.tanh(z - half), abs=1e-4)


def test_differences_between_groups_play_no_part() -> None:
    """Pooled over all, the sign turns: what the within-group value is for."""
    generator = np.random.default_rng(1)
    first = generator.normal(size=40)
    second = -first + 0.1 * generator.normal(size=40)
    groups = [0] * 20 + [1] * 20
    shift = 10 * np.array(groups)
    assert correlation(first + shift, second + shift).value > 0.9  # type: ignore[operator]
    for kind in ("pearson", "spearman"):
        within = correlation_within(first + shift, second + shift, groups, kind=kind)
        assert within.value is not None and within.value < -0.9


def test_small_and_constant_groups_do_not_count() -> None:
    first, second = samples(8)
    groups = ["a"] * 5 + ["b"] * 3
    found = correlation_within(first, second, groups)
    assert (found.count, found.groups) == (5, 1)
    nothing = correlation_within(np.ones(4), [1, 2, 3, 4], ["a"] * 4)
    assert nothing.value is None and nothing.interval is None and nothing.groups == 0


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
@pytest.mark.parametrize("count", [6, 20])
def test_the_interval_covers(kind: str, count: int) -> None:
    """Of 600 normal samples with correlation 0.5, about 95 % of the intervals hold it."""
    generator = np.random.default_rng(2)
    truth = 0.5 if kind == "pearson" else 6 / np.pi * np.arcsin(0.25)
    covered = 0
    for _ in range(600):
        x = generator.normal(size=count)
        y = 0.5 * x + np.sqrt(0.75) * generator.normal(size=count)
        interval = correlation(x, y, kind=kind).interval  # type: ignore[arg-type]
        assert interval is not None
        covered += not interval.excludes(truth)
    assert covered / 600 == pytest.approx(0.95, abs=0.03)


def test_bad_input() -> None:
    with pytest.raises(ConfigError, match="kind='kendall'"):
        correlation([1, 2], [1, 2], kind="kendall")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="expected pairs"):
        correlation([1, 2], [1])
    with pytest.raises(ConfigError, match="finite"):
        correlation_within([1, np.nan], [1, 2], ["a", "a"])
