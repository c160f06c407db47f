"""Does one method vary less over seeds than another? Tests of spread for paired samples.

Both tests need many more seeds than a test of means: to call a ratio of standard deviations of 0.7
different from 1 in four of five studies takes about 65 pairs of independent normal scores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from ._checks import FloatArray, paired_scores, varies
from .intervals import Interval, check_confidence, t_quantile


@dataclass(frozen=True)
class SpreadComparison:
    """The ratio of two methods' standard deviations over the same seeds.

    Args:
        count: Number of pairs.
        deviations: Standard deviation (divisor n - 1) of the treatment and of the control.
        ratio: The former over the latter.
        interval: Interval of the ratio by inverting the Pitman-Morgan test.
        pitman_morgan_p: Two-sided p-value that uses the pairing; assumes normal scores.
        brown_forsythe_p: Two-sided p-value that ignores the pairing; robust to other shapes.

    What is not defined is None: everything below two pairs or when a method's scores are all
    equal, the interval and the Pitman-Morgan test also with two pairs or when the two methods'
    scores lie on one line.
    """

    count: int
    deviations: tuple[float, float] | None = None
    ratio: float | None = None
    interval: Interval | None = None
    pitman_morgan_p: float | None = None
    brown_forsythe_p: float | None = None


def compare_spread(
    treatment: ArrayLike, control: ArrayLike, *, confidence: float = 0.95
) -> SpreadComparison:
    """Compare the spread of paired scores.

    Args:
        treatment: Scores, one per seed.
        control: Scores of the same seeds in the same order.
        confidence: Nominal coverage of the interval.

    Raises:
        ConfigError: If the lengths differ, a score is not finite, or `confidence` is out of range.

    Source: Pitman (1939) and Morgan (1939), Biometrika 31; Brown and Forsythe (1974), JASA 69.
    """
    check_confidence(confidence)
    left, right = paired_scores(treatment, control)
    if not (varies(left) and varies(right)):
        return SpreadComparison(left.size)
    deviations = float(left.std(ddof=1)), float(right.std(ddof=1))
    ratio = deviations[0] / deviations[1]
    return SpreadComparison(
        count=left.size,
        deviations=deviations,
        ratio=ratio,
        interval=_ratio_interval(left, right, ratio, confidence),
        pitman_morgan_p=_pitman_morgan(left, right),
        brown_forsythe_p=_brown_forsythe(left, right),
    )


def _pitman_morgan(left: FloatArray, right: FloatArray) -> float | None:
    """Equal variances mean that sum and difference are uncorrelated: test that correlation."""
    if _on_one_line(left, right):
        return None
    correlation = float(np.corrcoef(left + right, left - right)[0, 1])
    degrees, unexplained = left.size - 2, 1 - correlation**2
    if unexplained <= 0:  # one spread is so much larger that rounding hides the other
        return 0.0
    statistic = correlation * math.sqrt(degrees / unexplained)
    return float(2 * stdtr(degrees, -abs(statistic)))


def _ratio_interval(
    left: FloatArray, right: FloatArray, ratio: float, confidence: float
) -> Interval | None:
    """All ratios that the Pitman-Morgan test would not reject at 1 - confidence."""
    if _on_one_line(left, right):
        return None
    correlation, degrees = float(np.corrcoef(left, right)[0, 1]), left.size - 2
    widening = 2 * (1 - correlation**2) * t_quantile(degrees, confidence) ** 2 / degrees
    factor = 1 + widening + math.sqrt(widening * (widening + 2))
    return Interval(ratio / math.sqrt(factor), ratio * math.sqrt(factor), confidence)


def _on_one_line(left: FloatArray, right: FloatArray) -> bool:
    """Whether too few pairs, or a perfect correlation, leave the test without a yardstick."""
    if left.size < 3 or not (varies(left + right) and varies(left - right)):
        return True
    return abs(float(np.corrcoef(left, right)[0, 1])) > 1 - 1e-12


def _brown_forsythe(left: FloatArray, right: FloatArray) -> float | None:
    """The t-test with pooled variance on distances from the median: for two groups the same."""
    if left.size < 3:
        return None
    ours, theirs = (np.abs(values - np.median(values)) for values in (left, right))
    error = math.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / left.size)
    if error <= 1e-12 * float(ours.max() + theirs.max()):
        return None
    statistic = abs(float(ours.mean() - theirs.mean())) / error
    return float(2 * stdtr(2 * left.size - 2, -statistic))
