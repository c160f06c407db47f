"""A budget becomes a plan: the richest that fits, the same for the same timing."""

from __future__ import annotations

import dataclasses

import pytest

from steadytune._exceptions import ConfigError
from steadytune.fitting.cost import Size, Timing
from steadytune.fitting.options import read_duration
from steadytune.fitting.plan import (
    BESIDE,
    FLOOR,
    KEPT,
    LADDER,
    LAST,
    MEMBERS,
    RATES,
    RATES_AGAIN,
    STEADY,
    Plan,
    choose_plan,
    shortened,
    too_small,
    what_went,
)
from steadytune.study.estimate import words_of

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
    (run,) = plan.rounds(Size(160, 40))[MEMBERS]
    assert (run.epochs, run.examples) == (15.0, 160)
    expected = 150 * run.weight * 0.1 + 200 * 0.005 + 1.0 + 3 * 200 * 0.005  # and what is beside it
    assert plan.seconds(Size(160, 40), TIMING) == pytest.approx(expected)  # by one of two workers
    two = Plan(1, 1, 0, 0, 2, references=False)
    # Two members are trained at a time, and scored one after the other.
    assert two.seconds(Size(160, 40), TIMING) == pytest.approx(expected + 200 * 0.005)


def test_a_search_begins_with_one_fold_and_ends_with_all_for_two() -> None:
    rounds = Plan(3, 2, 1, 5, 3).rounds(Size(240, 60))
    counts = {name: len(runs) for name, runs in rounds.items()}
    # Six of plain on one fold and two of them on a second; two stabilisers on two; two finalists on
    # the other three; three members, and as many of plain training and of the library's defaults.
    assert counts == {RATES: 6, RATES_AGAIN: 2, STEADY: 4, LAST: 6, MEMBERS: 3, BESIDE: 6}
    examples = {name: {run.examples for run in runs} for name, runs in rounds.items()}
    assert examples[LAST] == {192} and examples[MEMBERS] == {240}
    short = Plan(1, 1, 0, 1, 3, references=False).rounds(Size(240, 60))
    counts = {name: len(runs) for name, runs in short.items()}
    assert counts == {RATES: 1, RATES_AGAIN: 0, STEADY: 1, LAST: 0, MEMBERS: 3}
    assert BESIDE not in Plan(3, 2, 1, 5, 3).rounds(Size(240, 49))  # nothing to show them on


def test_one_split_stands_for_all_folds_where_there_are_many_examples() -> None:
    several, one = (Plan(3, 2, 1, folds, 3) for folds in (5, 1))
    assert several.rounds(Size(600, 100)) == one.rounds(Size(600, 100))


def test_worker_processes_start_once_a_round() -> None:
    plan, size = Plan(3, 2, 1, 5, 3), Size(240, 60)
    waited = plan.seconds(size, dataclasses.replace(TIMING, start=7.0))
    assert waited - plan.seconds(size, TIMING) == pytest.approx(7.0 * 6)


PLAN, SIZE = Plan(3, 2, 1, 5, 5, repetitions=2), Size(240, 60)


def taken(pace: float, *names: str) -> dict[str, float]:
    """Seconds of parts that took so many times as long as timed."""
    parts = PLAN.parts(SIZE, TIMING)
    return {name: pace * parts[name] for name in names}


def test_a_fit_in_time_goes_on_as_planned() -> None:
    budget = PLAN.seconds(SIZE, TIMING) + 1e-6
    done = taken(1.0, FLOOR, RATES, RATES_AGAIN, STEADY)
    assert shortened(PLAN, LAST, budget, done, SIZE, TIMING) == PLAN
    assert what_went(PLAN, PLAN) == ""


def test_a_slow_fit_loses_what_is_only_shown_first() -> None:
    parts, done = PLAN.parts(SIZE, TIMING), taken(2.0, FLOOR, RATES, RATES_AGAIN, STEADY, LAST)
    rest = parts[MEMBERS] + parts[KEPT]
    just = sum(done.values()) + 2.0 * rest  # at the pace so far
    bare = dataclasses.replace(PLAN, references=False)
    assert shortened(PLAN, MEMBERS, just + 1e-6, done, SIZE, TIMING) == bare
    less = shortened(PLAN, MEMBERS, just - 1e-6, done, SIZE, TIMING)
    assert less == dataclasses.replace(bare, members=3)
    assert what_went(PLAN, less) == "3 instead of 5 seeds, no single seeds to compare with"
    untested = dataclasses.replace(SIZE, tested=0)  # then no single seeds were planned
    assert what_went(PLAN.of(untested), less.of(untested)) == "3 instead of 5 seeds"


@pytest.mark.parametrize(
    ("before", "least"),
    [
        (RATES, Plan(1, 1, 0, 0, 1, references=False)),
        (STEADY, Plan(3, 2, 0, 2, 1, references=False)),
        (LAST, Plan(3, 2, 1, 2, 1, references=False)),
        (MEMBERS, Plan(3, 2, 1, 5, 1, repetitions=2, references=False)),
        (BESIDE, Plan(3, 2, 1, 5, 5, repetitions=2, references=False)),
    ],
)
def test_what_is_done_stays_however_late_it_is(before: str, least: Plan) -> None:
    assert shortened(PLAN, before, 1.0, taken(9.0, FLOOR), SIZE, TIMING) == least


def test_ever_less_is_tried() -> None:
    seconds = [plan.seconds(SIZE, TIMING) for plan in PLAN.shorter(RATES)]
    assert seconds == sorted(seconds, reverse=True)


def test_too_small_a_budget_says_what_is_needed() -> None:
    size = Size(240, 60)
    assert choose_plan(1.0, size, TIMING) is None
    error = too_small(1.0, size, TIMING)
    assert "one training takes about" in str(error) and "`budget=1m` or more" in str(error)
    single = LADDER[-1].seconds(size, TIMING)
    assert f"one training takes about {words_of(single)} here" in str(error)
    assert choose_plan(60.0, size, TIMING) is not None
    assert "`allow_frozen`" in str(error)
    assert "allow_frozen" not in str(too_small(1.0, size, TIMING, floor=False))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("20m", 1200), ("1.5h", 5400)])
def test_durations(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "20", "0m", "-3m", "m", "1d"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a time such as"):
        read_duration(text)
