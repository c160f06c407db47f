"""The bootstrap of pairs for a ratio of spreads: invariances, coverage, and what is undefined."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune._exceptions import ConfigError
from steadytune.stats import bootstrap_spread


def generator(seed: int = 2) -> np.random.Generator:
    return np.random.default_rng(seed)


def failing(rng: np.random.Generator, count: int) -> np.ndarray:
    """Scores of which a fifth lose a point: two heaps."""
    return rng.normal(0, 0.1, count) - (rng.random(count) < 0.2)


def test_the_estimate_is_the_ratio() -> None:
    left, right = generator().normal(size=(2, 12))
    found = bootstrap_spread(left, right, generator())
    assert found.estimate == pytest.approx(left.std(ddof=1) / right.std(ddof=1))
    assert found.interval is not None and not found.interval.excludes(found.estimate or 0)
    assert found.undefined == 0


def test_swapping_the_methods_inverts_the_interval() -> None:
    left, right = generator().normal(size=(2, 12))
    forth = bootstrap_spread(left, right, generator(), resamples=1999).interval
    back = bootstrap_spread(right, left, generator(), resamples=1999).interval
    assert forth is not None and back is not None
    assert forth.low == pytest.approx(1 / back.high, rel=0.01)


def test_scores_on_one_line_have_the_same_ratio_in_every_resample() -> None:
    right = generator().normal(size=10)
    found = bootstrap_spread(0.5 * right, right, generator())
    assert found.estimate == pytest.approx(0.5)
    assert found.interval is None


def test_resamples_without_variation_are_counted() -> None:
    # One run differs: the resamples without it have no spread. (4 / 5) ^ 5 of them, too many.
    found = bootstrap_spread([0.9, 0.9, 0.9, 0.9, 0.3], [1, 2, 3, 5, 8], generator())
    assert found.undefined / found.resamples == pytest.approx(0.8**5 + 0.2**5, abs=0.02)
    assert found.estimate is not None and found.interval is None


@pytest.mark.parametrize(("count", "most"), [(5, 0.99), (10, 0.97)])
def test_covers_where_runs_fail(count: int, most: float) -> None:
    rng, hits, samples = generator(), 0, 300
    for _ in range(samples):
        left, right = 0.5 * failing(rng, count), failing(rng, count)
        found = bootstrap_spread(left, right, rng, resamples=1999)
        hits += found.interval is not None and not found.interval.excludes(0.5)
    assert 0.9 <= hits / samples <= most


@pytest.mark.parametrize(
    ("left", "right"), [([], []), ([0.1, 0.2], [0.3, 0.7]), ([0.5, 0.5, 0.5], [0.6, 0.7, 0.8])]
)
def test_undefined_with_few_pairs_or_without_variation(
    left: list[float], right: list[float]
) -> None:
    assert bootstrap_spread(left, right, generator()).estimate is None
    assert bootstrap_spread(left, right, generator()).interval is None


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ConfigError, match="match the seeds"):
        bootstrap_spread([0.1, 0.2], [0.1], generator())
