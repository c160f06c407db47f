"""A plan of seeds: the numbers in it agree with each other and with published ones."""

from __future__ import annotations

import math
from typing import Any

import pytest

from steadytune._exceptions import ConfigError
from steadytune.power.plan import PowerGoal, given_plan, make_plan, read_counts, refuse_with


def test_a_difference_of_half_a_standard_deviation() -> None:
    # Standard deviation of the differences: 0.04 * sqrt(2 * (1 - 0.5)) = 0.04. Cohen's tables.
    plan = given_plan(PowerGoal(difference=0.02), 0.04, 0.5, [5, 34])
    assert plan.std_differences == pytest.approx(0.04)
    assert (plan.mean_needed, plan.spread_needed) == ((34, 44), ())
    assert [row.seeds for row in plan.rows] == [5, 34, 44]
    assert plan.sign_flip_needed == 6
    powers = [row.mean or 0.0 for row in plan.rows]
    assert powers[0] < 0.8 <= powers[1] < 0.9 <= powers[2]
    assert all(row.spread is row.ratio is None for row in plan.rows)


def test_with_the_seeds_needed_the_goal_is_just_detectable() -> None:
    plan = given_plan(PowerGoal(difference=0.02, ratio=0.6), 0.03, None, [])
    rows = {row.seeds: row for row in plan.rows}
    enough = rows[plan.mean_needed[0] or 0]
    assert (enough.difference or 1) <= 0.02 < 1.1 * (enough.difference or 0)
    enough = rows[plan.spread_needed[0] or 0]
    assert (enough.ratio or 0) >= 0.6 > 0.95 * (enough.ratio or 1)


def test_sharing_the_chance_of_a_false_call_takes_more_seeds() -> None:
    alone = given_plan(PowerGoal(difference=0.02), 0.03, 0.0, [])
    shared = given_plan(PowerGoal(difference=0.02, comparisons=4), 0.03, 0.0, [])
    assert shared.goal.threshold == 0.0125
    assert (shared.mean_needed[0] or 0) > (alone.mean_needed[0] or 0)
    # 2^(1 - 8) is the first power of a half below 0.0125.
    assert shared.sign_flip_needed == 8


def test_the_sign_of_the_difference_and_the_side_of_the_ratio_do_not_matter() -> None:
    up = given_plan(PowerGoal(difference=0.02, ratio=0.5), 0.03, 0.2, [5])
    down = given_plan(PowerGoal(difference=-0.02, ratio=2.0), 0.03, 0.2, [5])
    assert (up.mean_needed, up.spread_needed) == (down.mean_needed, down.spread_needed)


def test_a_tiny_difference_is_out_of_reach() -> None:
    plan = given_plan(PowerGoal(difference=1e-6), 0.03, 0.0, [5])
    assert plan.mean_needed == (None, None)
    assert [row.seeds for row in plan.rows] == [5]


def test_a_ratio_alone_needs_no_scatter() -> None:
    plan = make_plan(PowerGoal(ratio=0.5), None, 0.0, [2, 5])
    assert plan.rows[0].spread == 0.0 and plan.rows[0].ratio is None
    assert plan.ratio_of_five == plan.rows[1].ratio


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "nothing to find"),
        ({"difference": 0.0}, "difference is 0.0"),
        ({"difference": math.nan}, "difference is nan"),
        ({"ratio": 1.0}, "ratio is 1.0"),
        ({"ratio": -0.5}, "ratio is -0.5"),
        ({"ratio": 0.5, "significance": 5.0}, "significance is 5.0"),
        ({"ratio": 0.5, "comparisons": 0}, "comparisons is 0"),
    ],
)
def test_goals_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        PowerGoal(**options)


def test_scatter_that_is_missing_or_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="`std` or `study`"):
        given_plan(PowerGoal(difference=0.1), None, None, [5])
    with pytest.raises(ConfigError, match="std is -1"):
        given_plan(PowerGoal(difference=0.1), -1.0, None, [5])
    with pytest.raises(ConfigError, match="`method` was given, but why"):
        refuse_with("why", domain=None, method="lnsr")


def test_counts_are_read() -> None:
    assert read_counts(" 10,3, 5,3") == (3, 5, 10)
    for text in ("", "1", "3,x", "1e3", "100001", "-3"):
        with pytest.raises(ConfigError, match="not a list of numbers from 2"):
            read_counts(text)
