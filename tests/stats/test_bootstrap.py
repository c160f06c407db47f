"""Bootstrap intervals against SciPy, closed forms, and what is undefined."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import norm, t

from steadytune._exceptions import ConfigError
from steadytune.stats import BootstrapMethod, bootstrap_interval, bootstrap_mean_interval


def generator(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


SKEWED = np.random.default_rng(1).exponential(size=40)


def test_the_mean_draws_the_same_resamples_as_any_statistic() -> None:
    generic = bootstrap_interval(np.mean, [SKEWED], generator(), resamples=300)
    fast = bootstrap_mean_interval(SKEWED, generator(), resamples=300)
    assert generic.interval is not None and fast.interval is not None
    assert fast.estimate == generic.estimate == SKEWED.mean()
    assert (fast.interval.low, fast.interval.high) == pytest.approx(
        (generic.interval.low, generic.interval.high)
    )


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_equals_scipy_up_to_the_draws(method: BootstrapMethod) -> None:
    ours = bootstrap_mean_interval(SKEWED, generator(), resamples=40_000, method=method).interval
    theirs = scipy_bootstrap(
        (SKEWED,), np.mean, n_resamples=40_000, method=method, rng=generator(8)
    ).confidence_interval
    assert ours is not None
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.02 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.02 * width)


@pytest.mark.parametrize("wins", [6, 9])
def test_bca_counts_equal_replicates_by_half(wins: int) -> None:
    values = np.repeat([1.0, 0.0], [wins, 12 - wins])
    ours = bootstrap_mean_interval(
        values, generator(), resamples=20_000, confidence=0.9, method="bca"
    ).interval
    theirs = scipy_bootstrap(
        (values,), np.mean, n_resamples=20_000, confidence_level=0.9, method="bca", rng=generator(8)
    ).confidence_interval
    # Shares of twelve: a fifth of the replicates equal the estimate, and each step is a twelfth.
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_expanded_tails_are_those_of_student() -> None:
    values = generator().normal(size=6)
    wide = bootstrap_mean_interval(values, generator(), resamples=20_000, method="expanded")
    tail = norm.cdf(-math.sqrt(6 / 5) * t.ppf(0.975, 5))
    same = bootstrap_mean_interval(values, generator(), resamples=20_000, confidence=1 - 2 * tail)
    assert wide.interval is not None and same.interval is not None
    assert (wide.interval.low, wide.interval.high) == pytest.approx(
        (same.interval.low, same.interval.high)
    )


def test_pairs_of_arrays_stay_together() -> None:
    labels = generator().integers(0, 2, 50)
    found = bootstrap_interval(
        lambda a, b: float(np.mean(a == b)), [labels, labels.copy()], generator(), resamples=50
    )
    # A model that is always right is so in every resample: no interval claims certainty.
    assert (found.estimate, found.interval) == (1.0, None)


def test_binomial_shares_have_the_width_of_the_normal_interval() -> None:
    right = np.repeat([1.0, 0.0], [800, 200])
    found = bootstrap_mean_interval(right, generator(), resamples=4000).interval
    assert found is not None
    half = 1.96 * math.sqrt(0.8 * 0.2 / 1000)
    assert (found.low, found.high) == pytest.approx((0.8 - half, 0.8 + half), abs=0.003)


def test_chunks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap_mean_interval(SKEWED, generator(), resamples=100)
    monkeypatch.setattr("steadytune.stats.bootstrap._CHUNK", 100)
    assert bootstrap_mean_interval(SKEWED, generator(), resamples=100) == whole


def test_undefined_resamples_are_counted() -> None:
    labels = np.array([0] * 58 + [1] * 2)

    def only_with_both(values: np.ndarray) -> float | None:
        return float(values.mean()) if values.any() else None

    found = bootstrap_interval(only_with_both, [labels], generator(), resamples=1000)
    # No positive among 60 draws: (58 / 60) ^ 60 of the resamples.
    assert found.undefined == pytest.approx(1000 * (58 / 60) ** 60, abs=50)
    assert found.interval is None
    rare = bootstrap_interval(only_with_both, [labels], generator(), resamples=1000, confidence=0.8)
    assert rare.interval is not None and rare.interval.low >= 1 / 60


@pytest.mark.parametrize("method", ["percentile", "expanded", "bca"])
def test_undefined_estimates_and_empty_samples_have_no_interval(method: BootstrapMethod) -> None:
    for result in (
        bootstrap_interval(lambda values: None, [SKEWED], generator(), method=method),
        bootstrap_interval(np.mean, [np.zeros(0)], generator(), method=method),
        bootstrap_mean_interval([], generator(), method=method),
    ):
        assert (result.estimate, result.interval, result.resamples) == (None, None, 0)
    assert bootstrap_mean_interval([0.4], generator(), method=method).interval is None
    assert bootstrap_mean_interval([0.4] * 9, generator(), method=method).interval is None


def test_bca_without_an_answer_left_out_is_undefined() -> None:
    # Without the only positive, the statistic is undefined: the correction cannot be estimated.
    values = np.array([0.0] * 5 + [1.0])
    found = bootstrap_interval(
        lambda v: float(v.mean()) if v.any() else None,
        [values],
        generator(),
        resamples=200,
        confidence=0.5,
        method="bca",
    )
    assert found.estimate is not None and found.interval is None


def test_bad_input_is_refused() -> None:
    with pytest.raises(ConfigError, match="3, 4 entries"):
        bootstrap_interval(np.mean, [np.zeros(3), np.zeros(4)], generator())
    with pytest.raises(ConfigError, match="no arrays"):
        bootstrap_interval(np.mean, [], generator())
    with pytest.raises(ConfigError, match="resamples is 0"):
        bootstrap_mean_interval(SKEWED, generator(), resamples=0)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        bootstrap_mean_interval(SKEWED, generator(), confidence=95)
    with pytest.raises(ConfigError, match="one of percentile, expanded, bca"):
        bootstrap_mean_interval(SKEWED, generator(), method="basic")  # type: ignore[arg-type]


def test_bca_of_many_examples_never_holds_all_leave_one_out_samples() -> None:
    values = np.random.default_rng(0).exponential(size=3000)
    tracemalloc.start()
    found = bootstrap_mean_interval(values, np.random.default_rng(1), resamples=50, method="bca")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.interval is not None
    assert peak < 60e6  # all of them are 72 MB of indices alone
