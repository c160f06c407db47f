"""Scores of ensembles: closed forms, the estimators' lack of bias, the interval's coverage."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest

from steadytune._exceptions import ConfigError
from steadytune.stats import EnsembleScores, ensemble_scores, expected_best
from steadytune.stats.ensembles import Group


def scores_of(
    values: np.ndarray, sizes: tuple[int, ...], of: object = np.max
) -> list[EnsembleScores]:
    def score(group: Group) -> float:
        return float(of(values[group]))  # type: ignore[operator]

    return list(ensemble_scores(score, len(values), sizes, np.random.default_rng(0)))


def test_single_runs_have_the_usual_mean_and_deviation() -> None:
    values = np.random.default_rng(1).normal(size=9)
    (single,) = scores_of(values, (1,))
    assert (single.size, single.groups, single.gain, single.interval) == (1, 9, 0.0, None)
    assert single.mean == pytest.approx(values.mean(), abs=1e-15)
    assert single.std == pytest.approx(values.std(ddof=1), abs=1e-15)
    assert single.lowest == values.min()


def test_where_the_best_member_decides_the_mean_is_the_expected_best() -> None:
    values = np.random.default_rng(2).normal(size=8)
    for found in scores_of(values, (1, 2, 3, 5, 8)):
        assert found.mean == pytest.approx(expected_best(values).of(found.size), abs=1e-14)
        assert found.std is None if found.size > 4 else found.std is not None


def test_the_deviation_is_that_of_groups_without_a_common_run_by_hand() -> None:
    values = np.array([0.0, 1.0, 3.0, 7.0])
    (pair,) = scores_of(values, (2,))
    assert pair.groups == 6
    # {0,1} and {2,3}: 1 and 7; {0,2} and {1,3}: 3 and 7; {0,3} and {1,2}: 7 and 3.
    assert pair.std == pytest.approx(np.sqrt((36 + 16 + 16) / 3 / 2))
    assert pair.lowest == 1.0


def test_both_estimates_are_unbiased() -> None:
    """All samples of four runs from six equally likely scores, against groups drawn freely."""
    outcomes = np.array([0.0, 1.0, 1.5, 4.0])
    samples = np.stack(np.meshgrid(*[outcomes] * 4), axis=-1).reshape(-1, 4)
    found = [scores_of(sample, (2,))[0] for sample in samples]
    truth = np.array([max(a, b) for a in outcomes for b in outcomes])
    assert np.mean([f.mean for f in found]) == pytest.approx(truth.mean())
    assert np.mean([(f.std or 0.0) ** 2 for f in found]) == pytest.approx(truth.var())


def test_where_an_ensemble_scores_the_mean_of_its_members_nothing_is_gained() -> None:
    values = np.random.default_rng(3).normal(size=7)
    (found,) = scores_of(values, (3,), np.mean)
    assert found.mean == pytest.approx(values.mean())
    assert found.gain == pytest.approx(0.0, abs=1e-15)
    assert found.interval is None


def test_the_interval_is_the_jackknifes() -> None:
    values = np.random.default_rng(4).normal(size=7)

    def gain(runs: np.ndarray) -> float:
        groups = [runs[list(group)].max() for group in combinations(range(len(runs)), 3)]
        return float(np.mean(groups) - runs.mean())

    parts = np.array([gain(np.delete(values, i)) for i in range(7)])
    error = np.sqrt(6 / 7 * ((parts - parts.mean()) ** 2).sum())
    (found,) = scores_of(values, (3,))
    assert found.interval is not None
    assert found.gain == pytest.approx(gain(values))
    assert (found.interval.low + found.interval.high) / 2 == pytest.approx(found.gain)
    assert (found.interval.high - found.interval.low) / 2 == pytest.approx(
        2.446912 * error, rel=1e-6
    )


def test_the_interval_covers_the_gain() -> None:
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(200_000, 3))
    truth = draws.max(axis=1).mean()
    found = [scores_of(rng.normal(size=10), (3,))[0].interval for _ in range(400)]
    covered = np.mean([g is not None and g.low <= truth <= g.high for g in found])
    assert 0.90 <= covered <= 0.99


@pytest.mark.parametrize("size", [4, 12])
def test_of_too_many_groups_some_are_drawn_and_some_have_no_common_run(size: int) -> None:
    values = np.random.default_rng(6).normal(size=20)
    (found,) = scores_of(values, (size,))
    assert found.groups == 1200
    assert found.interval is None
    assert found.mean == pytest.approx(expected_best(values).of(size), abs=0.05)
    assert (found.std is None) == (size == 12)


def test_an_ensembles_members_are_given_in_order_and_once() -> None:
    seen: list[tuple[int, ...]] = []

    def score(group: Group) -> float:
        seen.append(tuple(int(run) for run in group))
        return 0.0

    ensemble_scores(score, 20, (3, 5), np.random.default_rng(0))
    assert all(list(group) == sorted(set(group)) for group in seen)
    assert {len(group) for group in seen} == {1, 3, 5}


def test_runs_in_another_order_give_the_same() -> None:
    values = np.array([0.1, 0.5, 0.2, 0.9, 0.4])
    wanted = scores_of(values, (1, 2))
    for order in list(permutations(range(5)))[::17]:
        for other, found in zip(scores_of(values[list(order)], (1, 2)), wanted, strict=True):
            assert other.mean == pytest.approx(found.mean)
            assert other.std == pytest.approx(found.std)
            assert other.gain == pytest.approx(found.gain)


@pytest.mark.parametrize("size", [0, 4])
def test_there_are_no_ensembles_of_more_runs_than_there_are(size: int) -> None:
    with pytest.raises(ConfigError, match=f"ensembles of {size}, expected 1 to 3"):
        scores_of(np.zeros(3), (size,))


def test_a_score_must_be_finite() -> None:
    with pytest.raises(ConfigError, match="nan"):
        scores_of(np.array([0.0, np.nan]), (1,))
