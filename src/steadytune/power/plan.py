"""What so many seeds can show: the power of the tests of mean and spread, and the seeds needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .._exceptions import ConfigError
from ..stats import (
    detectable_effect,
    detectable_ratio,
    mean_power,
    needed_pairs,
    smallest_sign_flip_p,
    spread_power,
    std_of_differences,
)

TARGETS = (0.8, 0.9)
MOST_SEEDS = 100_000


@dataclass(frozen=True, kw_only=True)
class PowerGoal:
    """What a comparison should be able to show.

    Args:
        difference: True difference of the means, in the units of the metric; None if not asked.
        ratio: True ratio of the standard deviations; None if not asked.
        significance: Chance of a false call that is allowed in all.
        comparisons: Among how many comparisons it is shared, as Holm's correction does at worst.
    """

    difference: float | None = None
    ratio: float | None = None
    significance: float = 0.05
    comparisons: int = 1

    def __post_init__(self) -> None:
        if self.difference is None and self.ratio is None:
            raise ConfigError("nothing to find was given: expected `difference`, `ratio` or both")
        if self.difference is not None and not 0 < abs(self.difference) < math.inf:
            raise ConfigError(f"difference is {self.difference}, expected a number other than 0")
        if self.ratio is not None and (not 0 < self.ratio < math.inf or self.ratio == 1):
            raise ConfigError(f"ratio is {self.ratio}, expected a number above 0 other than 1")
        if not 0 < self.significance < 1:
            raise ConfigError(f"significance is {self.significance}, expected a share like 0.05")
        if self.comparisons < 1:
            raise ConfigError(f"comparisons is {self.comparisons}, expected at least 1")

    @property
    def threshold(self) -> float:
        """The p-value at or below which a single comparison is called different."""
        return self.significance / self.comparisons


@dataclass(frozen=True)
class Row:
    """What one number of seeds can show; None where it was not asked, or no test can show it.

    Args:
        seeds: Seeds that both methods are run with.
        mean: Chance to find the sought difference of means.
        difference: Difference of means that would be found with a chance of 80 %.
        spread: Chance to find the sought ratio of standard deviations.
        ratio: Ratio below one that would be found with a chance of 80 %.
    """

    seeds: int
    mean: float | None
    difference: float | None
    spread: float | None
    ratio: float | None


@dataclass(frozen=True)
class Plan:
    """What seeds can show about a goal, given how scores scatter.

    Args:
        goal: What was asked.
        std_differences: Standard deviation of the paired differences; None if only spread is asked.
        correlation: Between the scores of the two methods with the same seed.
        rows: By number of seeds.
        mean_needed: Seeds needed to find the difference, for each of `TARGETS`; None: over 100,000.
        spread_needed: The same for the ratio.
        sign_flip_needed: Seeds below which the sign-flip test cannot reach the threshold at all.
        ratio_of_five: The ratio below one that five seeds find with a chance of 80 %.
    """

    goal: PowerGoal
    std_differences: float | None
    correlation: float
    rows: tuple[Row, ...]
    mean_needed: tuple[int | None, ...]
    spread_needed: tuple[int | None, ...]
    sign_flip_needed: int
    ratio_of_five: float | None


def read_counts(text: str) -> tuple[int, ...]:
    """Numbers of seeds, `3,5,10`, in ascending order.

    Raises:
        ConfigError: If one of them is not a whole number from 2 to 100,000.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and 2 <= int(part) <= MOST_SEEDS for part in parts):
        raise ConfigError(
            f"seeds {text!r} is not a list of numbers from 2 to {MOST_SEEDS:,} such as 3,5,10"
        )
    return tuple(sorted({int(part) for part in parts}))


def refuse_with(reason: str, **options: object) -> None:
    """Refuse options that were given but mean nothing here.

    Raises:
        ConfigError: Naming the first of them and the reason.
    """
    for name, value in options.items():
        if value is not None:
            raise ConfigError(f"`{name}` was given, but {reason}")


def given_plan(
    goal: PowerGoal, std: float | None, correlation: float | None, seeds: Sequence[int]
) -> Plan:
    """The plan for two methods whose scores have this standard deviation and correlation.

    Raises:
        ConfigError: If a difference is sought without `std`, or a number is out of range.
    """
    together = 0.0 if correlation is None else correlation
    scatter = None if std is None else std_of_differences(std, together)
    return make_plan(goal, scatter, together, seeds)


def make_plan(
    goal: PowerGoal,
    std_differences: float | None,
    correlation: float,
    seeds: Sequence[int],
) -> Plan:
    """Compute the powers for these numbers of seeds and for those that are needed.

    Args:
        goal: What a comparison should be able to show.
        std_differences: Standard deviation of the paired differences; None if it is not known.
        correlation: Between the scores of the two methods with the same seed.
        seeds: Numbers of seeds.

    Raises:
        ConfigError: If a difference is sought and the scatter of differences is not known.
    """
    if goal.difference is not None and std_differences is None:
        raise ConfigError(
            "a difference needs a standard deviation to compare it with: add `std` or `study`"
        )
    mean = needed_for_mean(goal, std_differences)
    spread = needed_for_spread(goal, correlation)
    counts = sorted({*seeds, *(n for n in (*mean, *spread) if n is not None)})
    return Plan(
        goal=goal,
        std_differences=std_differences,
        correlation=correlation,
        rows=tuple(_row(goal, std_differences, correlation, count) for count in counts),
        mean_needed=mean,
        spread_needed=spread,
        sign_flip_needed=_sign_flip_needed(goal.threshold),
        ratio_of_five=detectable_ratio(5, correlation, significance=goal.threshold),
    )


def needed_for_mean(goal: PowerGoal, std_differences: float | None) -> tuple[int | None, ...]:
    """Seeds that find the sought difference with the chances of `TARGETS`; empty if not asked."""
    if goal.difference is None or std_differences is None:
        return ()
    effect = goal.difference / std_differences

    def power(count: int) -> float:
        return mean_power(count, effect, significance=goal.threshold)

    return tuple(needed_pairs(power, target) for target in TARGETS)


def needed_for_spread(goal: PowerGoal, correlation: float) -> tuple[int | None, ...]:
    """Seeds that find the sought ratio with the chances of `TARGETS`; empty if not asked."""
    ratio = goal.ratio
    if ratio is None:
        return ()

    def power(count: int) -> float:
        return spread_power(count, ratio, correlation, significance=goal.threshold)

    return tuple(needed_pairs(power, target) for target in TARGETS)


def _row(goal: PowerGoal, std_differences: float | None, correlation: float, count: int) -> Row:
    threshold = goal.threshold
    mean = difference = spread = ratio = None
    if goal.difference is not None and std_differences is not None:
        mean = mean_power(count, goal.difference / std_differences, significance=threshold)
        effect = detectable_effect(count, significance=threshold)
        difference = None if effect is None else effect * std_differences
    if goal.ratio is not None:
        spread = spread_power(count, goal.ratio, correlation, significance=threshold)
        ratio = detectable_ratio(count, correlation, significance=threshold)
    return Row(count, mean, difference, spread, ratio)


def _sign_flip_needed(threshold: float) -> int:
    count = 1
    while smallest_sign_flip_p(count) > threshold:
        count += 1
    return count
