"""Choosing among candidates: what a choice does to the chosen score, and paired errors."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune.stats.selection import Score, bias_corrected_score, paired_standard_error


def shares(right: np.ndarray) -> list[Score]:
    """Accuracies of candidates, one per row of right answers."""
    return [lambda places, row=row: float(row[places].mean()) for row in right]


def test_equal_candidates_have_hardly_any_optimism() -> None:
    """Eight candidates that are right in 70 % of the cases each; the best of them looks better."""
    draws = np.random.default_rng(0)
    apparent, corrected = [], []
    for number in range(60):
        right = draws.random((8, 120)) < 0.7
        found = bias_corrected_score(
            shares(right), 120, np.random.default_rng(number), resamples=100
        )
        apparent.append(found.apparent - 0.7)
        corrected.append(found.score - 0.7)
    assert np.mean(apparent) > 0.03
    assert abs(np.mean(corrected)) < 0.005


def test_a_single_candidate_keeps_its_score() -> None:
    right = np.arange(200)[None] % 4 > 0
    found = bias_corrected_score(shares(right), 200, np.random.default_rng(0))
    assert found.apparent == 0.75
    assert found.score == pytest.approx(0.75, abs=0.01)
    assert found.interval is not None and found.interval.low < 0.75 < found.interval.high


def test_what_does_not_vary_has_no_interval() -> None:
    found = bias_corrected_score(shares(np.ones((2, 30))), 30, np.random.default_rng(0))
    assert (found.score, found.interval) == (1.0, None)


def test_there_must_be_something_to_choose_among() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bias_corrected_score([], 10, np.random.default_rng(0))


def test_the_paired_error_is_that_of_the_differences() -> None:
    draws = np.random.default_rng(1)
    one, other = draws.random(400) < 0.8, draws.random(400) < 0.7
    first, second = shares(np.stack([one, other]))
    error = paired_standard_error(first, second, 400, np.random.default_rng(2), resamples=2000)
    differences = one.astype(float) - other
    assert error == pytest.approx(differences.std() / 20, rel=0.05)
    assert paired_standard_error(first, first, 400, np.random.default_rng(2)) == 0.0
