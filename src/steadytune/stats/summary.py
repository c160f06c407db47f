"""Summaries of scores over seeds, and of how often something went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from ._checks import FloatArray, finite_scores
from .intervals import check_confidence


@dataclass(frozen=True)
class Summary:
    """What the scores of several seeds look like; a value that is not defined is None.

    Args:
        count: How many scores there are.
        mean: Their mean; None without scores.
        std: Sample standard deviation, divisor `count - 1`; None below two scores.
        median: The middle score.
        minimum: The lowest score.
        maximum: The highest score.
        interquartile_mean: Mean of the middle half of the scores.
    """

    count: int
    mean: float | None = None
    std: float | None = None
    median: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    interquartile_mean: float | None = None


def summarize(scores: Sequence[float] | FloatArray) -> Summary:
    """Summarise finite scores, one per seed.

    Raises:
        ConfigError: If a score is NaN or infinite, or `scores` has more than one axis.
    """
    values = finite_scores(scores)
    if values.size == 0:
        return Summary(count=0)
    return Summary(
        count=values.size,
        mean=float(values.mean()),
        std=float(values.std(ddof=1)) if values.size > 1 else None,
        median=float(np.median(values)),
        minimum=float(values.min()),
        maximum=float(values.max()),
        interquartile_mean=interquartile_mean(values),
    )


def interquartile_mean(scores: Sequence[float] | FloatArray) -> float:
    """The mean of the middle half of the scores: robust like a median, steadier than it.

    A quarter of the total weight is cut from each end. Where a quarter is not a whole number of
    scores, the score on the border counts in part, so the value is defined from one score on.

    Raises:
        ConfigError: If there is no score, or one is NaN or infinite.
    """
    values = np.sort(finite_scores(scores, at_least=1))
    edges = np.arange(values.size + 1) / values.size
    inside = np.clip(edges, 0.25, 0.75)
    return float(np.dot(np.diff(inside), values) / 0.5)


@dataclass(frozen=True)
class Rate:
    """How often something happened, and which long-run rates that is compatible with.

    Args:
        count: How many times it happened.
        total: How many times it could have happened.
        low: Lower end of the exact (Clopper-Pearson) interval; None when `total` is 0.
        high: Upper end of that interval.
        confidence: Coverage of the interval, never less than stated.
    """

    count: int
    total: int
    low: float | None
    high: float | None
    confidence: float = 0.95

    @property
    def share(self) -> float | None:
        """`count / total`, or None when `total` is 0."""
        return self.count / self.total if self.total else None


def rate(events: Sequence[bool], confidence: float = 0.95) -> Rate:
    """The share of true `events` with its exact binomial interval (Clopper and Pearson, 1934).

    Raises:
        ConfigError: If `confidence` is not between 0 and 1.
    """
    check_confidence(confidence)
    count, total = sum(map(bool, events)), len(events)
    if total == 0:
        return Rate(0, 0, None, None, confidence)
    tail = (1 - confidence) / 2
    low = float(betaincinv(count, total - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, total - count, 1 - tail)) if count < total else 1.0
    return Rate(count, total, low, high, confidence)


def degenerate_rate(
    scores: Sequence[float], constant: float, *, higher_is_better: bool = True
) -> Rate:
    """How often a run ended no better than the predictor that always gives the same answer.

    Args:
        scores: In-domain primary metric of each run.
        constant: What the majority-class baseline scores on the same examples.
        higher_is_better: False for losses.

    Raises:
        ConfigError: If a score is NaN or infinite.
    """
    values = finite_scores(scores)
    return rate([is_degenerate(score, constant, higher_is_better) for score in values])


def is_degenerate(score: float, constant: float, higher_is_better: bool = True) -> bool:
    """Whether `score` is no better than `constant`, up to rounding in the last digits, or NaN."""
    gain = score - constant if higher_is_better else constant - score
    return not gain > 1e-9 * max(1.0, abs(constant))
