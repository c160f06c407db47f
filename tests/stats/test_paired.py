"""Pairs are matched by seed, whatever order they come in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_rel

from steadytune._exceptions import ConfigError
from steadytune.stats import matched, paired_difference, sign_flip_interval


def compare(treatment: dict[int, float], control: dict[int, float]) -> object:
    return paired_difference(treatment, control, np.random.default_rng(0))


def test_known_differences() -> None:
    result = paired_difference(
        {0: 0.8, 1: 0.9, 2: 0.7}, {2: 0.7, 1: 0.6, 0: 0.9}, np.random.default_rng(0)
    )
    assert result.differences == pytest.approx((-0.1, 0.3, 0.0))
    assert result.mean == pytest.approx(0.2 / 3)
    assert result.std == pytest.approx(math.sqrt(np.var([-0.1, 0.3, 0.0], ddof=1)))
    assert (result.higher, result.equal, result.lower, result.count) == (1, 1, 1, 3)
    # The differences are -0.1, 0.3 and 0: no pattern of signs has a sum nearer to zero than 0.2.
    assert (result.p_value, result.smallest_p) == (1.0, 0.25)
    assert result.interval is not None and not result.interval.excludes(0)


def test_only_shared_seeds_count() -> None:
    left, right = matched({0: 1.0, 1: 2.0, 5: 3.0}, {5: 0.0, 0: 0.0, 9: 7.0})
    assert left.tolist() == [1.0, 3.0]
    assert right.tolist() == [0.0, 0.0]


def test_one_pair_has_no_interval() -> None:
    result = paired_difference({0: 0.8}, {0: 0.7}, np.random.default_rng(0))
    assert result.mean == pytest.approx(0.1)
    assert result.std is result.interval is None
    assert result.p_value == result.smallest_p == 1.0


def test_no_pair_has_nothing() -> None:
    result = paired_difference({0: 0.8}, {1: 0.7}, np.random.default_rng(0))
    assert result.count == 0
    assert result.mean is result.interval is result.p_value is None


def test_swapping_the_methods_turns_the_signs() -> None:
    first, second = {0: 0.8, 1: 0.75, 2: 0.9}, {0: 0.7, 1: 0.8, 2: 0.6}
    forth = paired_difference(first, second, np.random.default_rng(0))
    back = paired_difference(second, first, np.random.default_rng(0))
    assert forth.mean == pytest.approx(-(back.mean or 0))
    assert forth.interval and back.interval
    assert forth.interval.low == pytest.approx(-back.interval.high)
    assert forth.p_value == back.p_value


def test_undefined_scores_are_refused() -> None:
    with pytest.raises(ConfigError):
        compare({0: math.nan}, {0: 0.5})


def test_both_intervals_of_the_mean_difference() -> None:
    scores = {seed: 0.1 * seed**2 for seed in range(7)}
    control = dict.fromkeys(scores, 0.5)
    few = paired_difference({0: 0.8, 1: 0.7}, {0: 0.6, 1: 0.65}, np.random.default_rng(0))
    assert few.interval is not None and few.symmetric_interval is None
    result = paired_difference(scores, control, np.random.default_rng(0), confidence=0.9)
    expected = sign_flip_interval(result.differences, np.random.default_rng(0), confidence=0.9)
    assert expected is not None and result.symmetric_interval == expected
    student = ttest_rel(list(scores.values()), list(control.values())).confidence_interval(0.9)
    assert result.interval is not None and result.interval.confidence == expected.confidence == 0.9
    assert (result.interval.low, result.interval.high) == pytest.approx((student.low, student.high))
