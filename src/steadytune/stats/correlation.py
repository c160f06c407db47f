"""Correlation with an interval, alone and pooled within groups.

The interval is Fisher's: z = artanh(r) is about normal with variance 1 / (n - 3) for Pearson's
correlation (Fisher, 1921) and (1 + r^2 / 2) / (n - 3) for Spearman's (Bonett and Wright, 2000).

Pooled, r is the mean of the groups' r with weights n - 1, each over the variance that it has where
nothing is related, and n - 3 becomes the sum of n - 1 over the groups, less 2. A mean of z would be
carried by a single small group whose order is perfect by chance.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from .._checks import check_choice
from ._checks import FloatArray, paired_scores, varies
from .intervals import Interval, check_confidence

Kind = Literal["pearson", "spearman"]

_FEWEST_FOR_INTERVAL = {"pearson": 4, "spearman": 6}
"""Ranks of five pairs or fewer have too few orders for a statement at 95 %."""


@dataclass(frozen=True)
class Correlation:
    """How strongly two numbers go together.

    Args:
        kind: `pearson` (of the values) or `spearman` (of their ranks).
        value: The correlation; None where it is undefined, as for a constant.
        interval: Its confidence interval; None with fewer than four pairs, six for Spearman's.
        count: Number of pairs.
        groups: Number of groups pooled, 1 where there are none.
    """

    kind: Kind
    value: float | None
    interval: Interval | None
    count: int
    groups: int = 1


def correlation(
    first: ArrayLike, second: ArrayLike, *, kind: Kind = "pearson", confidence: float = 0.95
) -> Correlation:
    """The correlation of two samples, pair by pair.

    Raises:
        ConfigError: If a value is not finite, the samples differ in length, or there is no such
            kind.
    """
    check_choice("kind", kind, ("pearson", "spearman"))
    check_confidence(confidence)
    left, right = paired_scores(first, second)
    value = _coefficient(left, right, kind)
    if value is None:
        return Correlation(kind, None, None, left.size)
    return _with_interval(kind, value, [left.size], confidence)


def correlation_within(
    first: ArrayLike,
    second: ArrayLike,
    groups: Sequence[Hashable],
    *,
    kind: Kind = "pearson",
    confidence: float = 0.95,
) -> Correlation:
    """The correlation inside groups, pooled: what differs between groups plays no part in it.

    Groups of fewer than four pairs, and those in which one side is constant, do not count. It is
    assumed that the true correlation is the same in all. In small groups the value is drawn towards
    0 somewhat, as each group's is.

    Args:
        first: One value a pair.
        second: The other one.
        groups: The group of each pair.
        kind: Which correlation.
        confidence: Coverage of the interval.

    Returns:
        `count` and `groups` are those that counted; the value is None where none did.
    """
    check_choice("kind", kind, ("pearson", "spearman"))
    check_confidence(confidence)
    left, right = paired_scores(first, second)
    found = []
    for group in dict.fromkeys(groups):
        chosen = np.array([name == group for name in groups])
        value = _coefficient(left[chosen], right[chosen], kind)
        if value is not None and chosen.sum() > 3:
            found.append((value, int(chosen.sum())))
    if not found:
        return Correlation(kind, None, None, 0, 0)
    return _pooled(found, kind, confidence)


def _pooled(found: Sequence[tuple[float, int]], kind: Kind, confidence: float) -> Correlation:
    values, counts = [v for v, _ in found], [n for _, n in found]
    value = float(np.average(values, weights=[n - 1 for n in counts]))
    return _with_interval(kind, value, counts, confidence)


def _with_interval(
    kind: Kind, value: float, counts: Sequence[int], confidence: float
) -> Correlation:
    """Fisher's interval on the degrees of freedom of all groups together."""
    total = sum(counts)
    interval = None
    if total >= _FEWEST_FOR_INTERVAL[kind]:
        freedom = sum(n - 1 for n in counts) - 2
        half = _quantile(confidence) * np.sqrt(_factor(value, kind) / freedom)
        interval = _interval(_z(value, kind, counts), half, confidence)
    return Correlation(kind, value, interval, total, len(counts))


def _coefficient(left: FloatArray, right: FloatArray, kind: Kind) -> float | None:
    if not (varies(left) and varies(right)):
        return None
    if kind == "spearman":
        left, right = average_ranks(left), average_ranks(right)
    return float(np.clip(np.corrcoef(left, right)[0, 1], -1.0, 1.0))


# SciPy has this too, but importing scipy.stats takes longer than all else that a report imports.
def average_ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: FloatArray = np.cumsum(counts) - (counts - 1) / 2
    return means[places]


def _factor(value: float, kind: Kind) -> float:
    return 1 + value**2 / 2 if kind == "spearman" else 1.0


def _z(value: float, kind: Kind, counts: Sequence[int]) -> float:
    """Ranks move in steps: a perfect order stands for all that lies within half a step of it."""
    sizes = np.array(counts)
    half_steps = 6 / (sizes**3 - sizes) if kind == "spearman" else np.full(len(sizes), 1e-12)
    most = 1 - np.average(half_steps, weights=sizes - 1)
    return float(np.arctanh(np.clip(value, -most, most)))


def _quantile(confidence: float) -> float:
    return float(ndtri(0.5 + confidence / 2))


def _interval(center: float, half: float, confidence: float) -> Interval:
    return Interval(float(np.tanh(center - half)), float(np.tanh(center + half)), confidence)
