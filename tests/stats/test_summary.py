"""Summaries against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from steadytune._exceptions import ConfigError
from steadytune.stats import degenerate_rate, interquartile_mean, is_degenerate, rate, summarize

scores = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


def test_summary_of_known_scores() -> None:
    summary = summarize([1.0, 2.0, 3.0, 10.0])
    assert summary.count == 4
    assert summary.mean == 4.0
    assert summary.std == pytest.approx(math.sqrt((9 + 4 + 1 + 36) / 3))
    assert (summary.median, summary.minimum, summary.maximum) == (2.5, 1.0, 10.0)
    assert summary.interquartile_mean == 2.5


def test_one_seed_has_no_spread() -> None:
    summary = summarize([0.7])
    assert summary.std is None
    assert summary.mean == summary.median == summary.interquartile_mean == 0.7


def test_no_seed_has_nothing() -> None:
    summary = summarize([])
    assert summary.count == 0
    assert summary.mean is summary.std is summary.minimum is summary.interquartile_mean is None


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_undefined_scores_are_refused(bad: float) -> None:
    with pytest.raises(ConfigError, match="finite"):
        summarize([0.5, bad])


def test_interquartile_mean_weighs_border_scores_in_part() -> None:
    # Of five scores the middle half is 2.5 scores wide: three quarters of both neighbours.
    assert interquartile_mean([0, 1, 2, 4, 100]) == pytest.approx((0.75 * 1 + 2 + 0.75 * 4) / 2.5)


def test_interquartile_mean_ignores_the_outer_quarters() -> None:
    assert interquartile_mean([-1e9, 1, 2, 3, 4, 5, 6, 1e9]) == pytest.approx((2 + 3 + 4 + 5) / 4)


@given(scores)
def test_interquartile_mean_lies_within_the_scores(values: list[float]) -> None:
    slack = 1e-9 * (1 + max(map(abs, values)))
    assert min(values) - slack <= interquartile_mean(values) <= max(values) + slack


def test_rate_has_the_exact_interval() -> None:
    none = rate([False] * 5)
    assert (none.count, none.total, none.share, none.low) == (0, 5, 0.0, 0.0)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 5))
    every = rate([True] * 3)
    assert every.high == 1.0
    assert every.low == pytest.approx(0.025 ** (1 / 3))


@pytest.mark.parametrize("count", [0, 1, 4, 7])
def test_rate_interval_equals_that_of_scipy(count: int) -> None:
    ours = rate([i < count for i in range(7)], 0.9)
    theirs = binomtest(count, 7).proportion_ci(0.9, method="exact")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_rate_without_runs_is_undefined() -> None:
    nothing = rate([])
    assert nothing.share is nothing.low is nothing.high is None


def test_rate_interval_covers_at_least_as_stated() -> None:
    for truth in (0.05, 0.3):
        counts = np.random.default_rng(3).binomial(5, truth, 2000)
        table = {k: rate([i < k for i in range(5)]) for k in range(6)}
        hits = [(table[k].low or 0) <= truth <= (table[k].high or 0) for k in counts]
        assert np.mean(hits) >= 0.95


def test_degenerate_counts_runs_at_or_below_the_constant_predictor() -> None:
    found = degenerate_rate([0.8, 0.53, 0.53 + 1e-13, 0.4], 0.53)
    assert (found.count, found.total) == (3, 4)


def test_an_undefined_score_is_refused_or_degenerate() -> None:
    assert is_degenerate(float("nan"), 0.5)
    with pytest.raises(ConfigError, match="scores contain nan"):
        degenerate_rate([float("nan"), 0.8], 0.5)
    with pytest.raises(ConfigError, match=r"confidence is 1.5"):
        rate([True], confidence=1.5)


def test_degenerate_turns_round_for_losses() -> None:
    assert degenerate_rate([0.2, 0.9], 0.69, higher_is_better=False).count == 1
