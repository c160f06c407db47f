"""A budget becomes a plan: the richest that fits, the same for the same timing."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune._exceptions import ConfigError
from steadytune.fitting.options import read_duration
from steadytune.fitting.plan import (
    LADDER,
    Plan,
    Size,
    Timing,
    choose_plan,
    remembered,
    too_small,
)

TIMING = Timing(step=0.1, example=0.005, run=1.0, at_a_time=2)


def test_more_time_never_tries_less() -> None:
    size = Size(240, 60)
    plans = [choose_plan(60.0 * minutes, size, TIMING) for minutes in range(1, 60)]
    places = [LADDER.index(plan) for plan in plans if plan is not None]
    assert places == sorted(places, reverse=True)
    assert places[-1] == 0


def test_a_plan_fits_its_budget() -> None:
    for budget in (60.0, 180.0, 600.0):
        plan = choose_plan(budget, Size(240, 60), TIMING)
        assert plan is not None and plan.seconds(Size(240, 60), TIMING) <= budget


def test_a_single_training_costs_its_steps() -> None:
    plan = Plan(1, 1, 0, 0, 1, references=False)
    ((weight, epochs, examples),) = plan.runs(Size(160, 40))
    assert (epochs, examples) == (15.0, 160)
    expected = 150 * weight * 0.1 + 200 * 0.005 + 1.0 + 3 * 200 * 0.005  # and what is beside it
    assert plan.seconds(Size(160, 40), TIMING) == pytest.approx(expected)  # by one of two workers
    two = Plan(1, 1, 0, 0, 2, references=False)
    # Two members are trained at a time, and scored one after the other.
    assert two.seconds(Size(160, 40), TIMING) == pytest.approx(expected + 200 * 0.005)


def test_a_search_begins_with_one_fold_and_ends_with_all_for_two() -> None:
    plan = Plan(3, 2, 1, 5, 3, references=False)
    runs = list(plan.runs(Size(240, 60)))
    # Six of plain on one fold and two of them on a second; two stabilisers on two; two finalists on
    # the other three; three members.
    assert len(runs) == 6 + 2 + 4 + 2 * 3 + 3
    assert [examples for _, _, examples in runs[-4:]] == [192, 240, 240, 240]
    assert len(list(Plan(1, 1, 0, 1, 3, references=False).runs(Size(240, 60)))) == 1 + 1 + 3


def test_one_split_stands_for_all_folds_where_there_are_many_examples() -> None:
    several, one = (Plan(3, 2, 1, folds, 3) for folds in (5, 1))
    assert list(several.runs(Size(600, 100))) == list(one.runs(Size(600, 100)))


def test_too_small_a_budget_says_what_is_needed() -> None:
    size = Size(240, 60)
    assert choose_plan(1.0, size, TIMING) is None
    error = too_small(1.0, size, TIMING)
    assert "one training takes about" in str(error) and "`budget=1m` or more" in str(error)
    assert "`allow_frozen`" in str(error)


def test_the_timing_is_measured_once(tmp_path: Path) -> None:
    assert remembered(tmp_path / "timing.json", lambda: TIMING) == TIMING
    assert remembered(tmp_path / "timing.json", lambda: pytest.fail("measured again")) == TIMING


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("20m", 1200), ("1.5h", 5400)])
def test_durations(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "20", "0m", "-3m", "m", "1d"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a time such as"):
        read_duration(text)
