"""The expected best of n runs against a listing of all ways to choose them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune._exceptions import ConfigError
from steadytune.stats import expected_best


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=7), st.booleans())
def test_equals_the_listing(scores: list[float], higher_is_better: bool) -> None:
    best = max if higher_is_better else min
    curve = expected_best(scores, higher_is_better=higher_is_better).curve
    for runs in range(1, len(scores) + 1):
        chosen = [best(subset) for subset in itertools.combinations(scores, runs)]
        assert curve[runs - 1] == pytest.approx(sum(chosen) / len(chosen), abs=1e-9)


def test_ends_at_the_mean_and_the_best() -> None:
    scores = np.random.default_rng(0).normal(size=300)
    found = expected_best(scores)
    assert found.of(1) == pytest.approx(scores.mean())
    assert found.of(300) == pytest.approx(scores.max())
    assert list(found.curve) == sorted(found.curve)


def test_equally_spaced_scores_in_closed_form() -> None:
    # The expected largest of n of the numbers 1 .. N is n (N + 1) / (n + 1).
    curve = expected_best(np.arange(1.0, 21.0)).curve
    assert curve == pytest.approx([n * 21 / (n + 1) for n in range(1, 21)])


def test_more_runs_than_there_are_is_refused() -> None:
    for runs in (0, 3):
        with pytest.raises(ConfigError, match="expected 1 to 2"):
            expected_best([0.1, 0.2]).of(runs)


def test_no_runs_have_no_curve_and_undefined_scores_are_refused() -> None:
    assert expected_best([]).curve == ()
    with pytest.raises(ConfigError, match="give failed runs a score first"):
        expected_best([0.5, math.nan])
