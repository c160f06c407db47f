"""The inverted sign-flip test against the test itself, and its coverage."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from steadytune._exceptions import ConfigError
from steadytune.stats import Interval, sign_flip_interval, sign_flip_test


def generator(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def interval_of(values: object, **options: float) -> Interval:
    found = sign_flip_interval(np.asarray(values), generator(), **options)
    assert found is not None
    return found


@pytest.mark.parametrize("count", [6, 9, 16])
def test_holds_what_the_test_does_not_reject(count: int) -> None:
    values = generator(count).normal(0.3, 1, count)
    found = interval_of(values)

    def p_value(center: float) -> float:
        return sign_flip_test(values - center, generator()).p_value or 0.0

    assert p_value(found.low - 1e-6) <= 0.05 < p_value(found.low + 1e-6)
    assert p_value(found.high + 1e-6) <= 0.05 < p_value(found.high - 1e-6)


def test_six_pairs_give_the_range() -> None:
    # Two of 64 patterns may be cut off, one at each end: the smallest and the largest value.
    found = interval_of([0.03, 0.01, 0.06, 0.02, 0.05, 0.04])
    assert (found.low, found.high, found.confidence) == (0.01, 0.06, 0.95)


def test_ends_are_means_of_subsets() -> None:
    values = [0.0, 1.0, 3.0, 7.0, 15.0, 31.0]
    subsets = (s for size in range(1, 7) for s in itertools.combinations(values, size))
    means = sorted(sum(subset) / len(subset) for subset in subsets)
    found = interval_of(values, confidence=0.75)
    rank = int(0.25 / 2 * 64)
    assert (found.low, found.high) == pytest.approx((means[rank - 1], means[-rank]))


@pytest.mark.parametrize("values", [[], [0.1], [0.1, 0.2, 0.3, 0.4, 0.5], [0.2] * 8])
def test_undefined_with_few_pairs_or_equal_differences(values: list[float]) -> None:
    assert sign_flip_interval(values, generator()) is None


def test_fewer_pairs_are_enough_for_less_confidence() -> None:
    assert interval_of([0.1, 0.2, 0.3, 0.4, 0.5], confidence=0.9).low == 0.1


def test_moves_and_scales_with_the_differences() -> None:
    values = generator().normal(size=24)
    found, moved = interval_of(values), interval_of(3 * values + 5)
    assert moved.low == pytest.approx(3 * found.low + 5)
    assert moved.high == pytest.approx(3 * found.high + 5)


@pytest.mark.parametrize("count", [8, 20])
def test_covers_when_differences_are_symmetric(count: int) -> None:
    rng, hits, samples = generator(), 0, 500
    for _ in range(samples):
        found = sign_flip_interval(rng.standard_t(2, count), rng, draws=999)
        hits += found is not None and not found.excludes(0.0)
    # Three standard errors of 500 samples at 95 % are 2.9 points.
    assert 0.92 <= hits / samples <= 0.98


def test_bad_input_is_refused() -> None:
    with pytest.raises(ConfigError):
        sign_flip_interval([math.nan], generator())
    with pytest.raises(ConfigError, match="between 0 and 1"):
        sign_flip_interval([0.1, 0.2], generator(), confidence=95)
