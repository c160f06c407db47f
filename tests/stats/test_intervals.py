"""The interval against its formula, and its coverage by simulation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from steadytune._exceptions import ConfigError
from steadytune.stats import interval_coverage, mean_interval, std_interval

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]

SYMMETRIC: dict[str, Draw] = {
    "normal": lambda generator, count: generator.normal(0.01, 0.02, count),
    "heavy": lambda generator, count: 0.01 + generator.standard_t(3, count),
    "skewed methods": lambda generator, count: (
        0.01 + generator.lognormal(size=count) - generator.lognormal(size=count)
    ),
}


@pytest.mark.parametrize("count", [5, 10, 20])
@pytest.mark.parametrize("shape", SYMMETRIC)
def test_covers_when_differences_are_symmetric(shape: str, count: int) -> None:
    generator = np.random.default_rng(11)
    coverage = interval_coverage(SYMMETRIC[shape], 0.01, count, generator, samples=4000)
    # The standard error of 4000 samples at 95 % is 0.35 points.
    assert 0.94 <= coverage <= (0.96 if shape == "normal" else 0.985)


@pytest.mark.parametrize(("count", "published"), [(5, 0.88), (10, 0.90), (20, 0.92)])
def test_falls_short_by_what_is_published_when_differences_are_skewed(
    count: int, published: float
) -> None:
    generator = np.random.default_rng(12)
    coverage = interval_coverage(
        lambda rng, n: rng.exponential(size=n), 1.0, count, generator, samples=4000
    )
    assert coverage == pytest.approx(published, abs=0.015)


@pytest.mark.parametrize(("count", "published"), [(5, 0.41), (10, 0.65), (20, 0.88)])
def test_rare_accidents_defeat_it_as_published(count: int, published: float) -> None:
    def draw(generator: np.random.Generator, count: int) -> NDArray[np.float64]:
        accidents = generator.random(count) < 0.1
        return generator.normal(0.02, 0.01, count) - 0.3 * accidents

    coverage = interval_coverage(draw, -0.01, count, np.random.default_rng(13), samples=4000)
    assert coverage == pytest.approx(published, abs=0.025)


def test_equals_the_t_interval_of_scipy() -> None:
    values = np.random.default_rng(0).normal(size=7)
    ours = mean_interval(values, 0.9)
    theirs = ttest_1samp(values, 0).confidence_interval(0.9)
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert ours.confidence == 0.9


def test_two_values_by_hand() -> None:
    interval = mean_interval([0.0, 2.0])
    assert interval is not None
    # Student's t with one degree of freedom is Cauchy: its quantile is tan(pi * 0.475).
    assert interval.high == pytest.approx(1 + math.tan(math.pi * 0.475))
    assert interval.excludes(14) and not interval.excludes(0)


@pytest.mark.parametrize("values", [[], [0.3], [0.1, 0.1, 0.1], [0.3 - 0.1, 0.2, 0.4 - 0.2]])
def test_undefined_without_variation(values: list[float]) -> None:
    assert mean_interval(values) is None


@pytest.mark.parametrize("confidence", [0, 1, 95, math.nan])
def test_impossible_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        mean_interval([1.0, 2.0], confidence)


def test_undefined_values_are_refused() -> None:
    with pytest.raises(ConfigError, match="nan"):
        mean_interval([1.0, math.nan])


@pytest.mark.parametrize("count", [2, 5, 20])
def test_the_interval_of_a_standard_deviation_covers(count: int) -> None:
    rng = np.random.default_rng(6)
    found = [std_interval(rng.normal(5.0, 0.3, count)) for _ in range(2000)]
    hits = [interval is not None and not interval.excludes(0.3) for interval in found]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(("count", "low", "high"), [(5, 0.6, 2.87), (20, 0.76, 1.46)])
def test_the_interval_of_a_standard_deviation_is_as_wide_as_published(
    count: int, low: float, high: float
) -> None:
    values = np.arange(count, dtype=float)
    interval = std_interval(values / values.std(ddof=1))
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.005)
    assert std_interval([0.2, 0.2]) is std_interval([0.2]) is None
