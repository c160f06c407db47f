"""How likely is a run of one method to score higher than a run of another?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, ndtri

from ._checks import FloatArray, finite_scores, paired_scores
from .intervals import Interval, check_confidence

_EQUAL = 1e-12


@dataclass(frozen=True)
class Improvement:
    """The probability that the treatment scores higher, ties counted by half.

    Args:
        probability: None where there is nothing to compare.
        interval: Its interval; never of width zero, however clear the sample is.
        higher: Comparisons in which the treatment scored higher.
        equal: Comparisons with equal scores.
        lower: Comparisons in which it scored lower.
        paired: Whether runs were compared within seeds, or each run with each.
    """

    probability: float | None
    interval: Interval | None
    higher: int
    equal: int
    lower: int
    paired: bool


def paired_improvement(
    treatment: ArrayLike, control: ArrayLike, *, confidence: float = 0.95
) -> Improvement:
    """The probability that the treatment scores higher with the same seed.

    The interval is the exact binomial one (Clopper and Pearson, 1934) with equal pairs counted by
    half, which covers at least `confidence`.

    Args:
        treatment: Scores, one per seed.
        control: Scores of the same seeds in the same order.
        confidence: Nominal coverage.

    Raises:
        ConfigError: If the lengths differ, a score is not finite, or `confidence` is out of range.
    """
    check_confidence(confidence)
    left, right = paired_scores(treatment, control)
    higher, equal, lower = _counts(left - right)
    if left.size == 0:
        return Improvement(None, None, 0, 0, 0, True)
    wins, tail = higher + equal / 2, (1 - confidence) / 2
    losses = left.size - wins
    low = float(betaincinv(wins, losses + 1, tail)) if wins else 0.0
    high = float(betaincinv(wins + 1, losses, 1 - tail)) if losses else 1.0
    interval = Interval(low, high, confidence)
    return Improvement(wins / left.size, interval, higher, equal, lower, True)


def unpaired_improvement(
    treatment: ArrayLike, control: ArrayLike, *, confidence: float = 0.95
) -> Improvement:
    """The probability that a run of the treatment scores higher than any run of the control.

    It is the Mann-Whitney statistic over the number of comparisons. The interval is Newcombe's
    fifth method, made for small samples: it stays within 0 and 1 and has a width also where every
    run of one method beats every run of the other, where a bootstrap claims certainty.

    Args:
        treatment: Scores, one per run.
        control: Scores of other runs; there may be more or fewer.
        confidence: Nominal coverage.

    Raises:
        ConfigError: If a score is not finite or `confidence` is out of range.

    Source: Newcombe (2006), Statistics in Medicine 25, "Part 2".
    """
    check_confidence(confidence)
    left, right = finite_scores(treatment), finite_scores(control)
    higher, equal, lower = _counts(np.subtract.outer(left, right).ravel())
    total = left.size * right.size
    if total == 0:
        return Improvement(None, None, 0, 0, 0, False)
    probability = (higher + equal / 2) / total
    interval = _newcombe(probability, left.size, right.size, confidence)
    return Improvement(probability, interval, higher, equal, lower, False)


def _counts(differences: FloatArray) -> tuple[int, int, int]:
    higher, lower = int(np.sum(differences > _EQUAL)), int(np.sum(differences < -_EQUAL))
    return higher, differences.size - higher - lower, lower


def _newcombe(probability: float, first: int, second: int, confidence: float) -> Interval:
    """Every value that lies within the normal quantile of its own standard errors."""
    reach, more = float(ndtri(0.5 + confidence / 2)), (first + second) / 2 - 1

    def excess(value: float) -> float:
        shape = 1 + more * ((1 - value) / (2 - value) + value / (1 + value))
        error = math.sqrt(value * (1 - value) * shape / (first * second))
        return abs(probability - value) - reach * error

    low = _root(excess, 0.0, probability) if probability > 0 else 0.0
    high = _root(excess, probability, 1.0) if probability < 1 else 1.0
    return Interval(low, high, confidence)


def _root(excess: Callable[[float], float], low: float, high: float) -> float:
    """The border between inside and outside; at 0 and 1 the standard error is zero."""
    from scipy.optimize import brentq  # takes as long to import as all of this room

    inner = 1e-12
    low, high = max(low, inner), min(high, 1 - inner)
    return float(brentq(excess, low, high))
