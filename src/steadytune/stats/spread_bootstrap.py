"""The ratio of two spreads with a bootstrap interval, for scores that are not normal.

Runs that fail make scores bimodal. The Pitman-Morgan interval, which assumes normal scores, then
covers far less than it says. Resampling pairs assumes no shape. docs/evidence/coverage.md compares
both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ._checks import FloatArray, paired_scores, varies
from .bootstrap import BootstrapInterval, BootstrapMethod, Indices, bootstrap

_FEWEST = 3


def bootstrap_spread(
    treatment: ArrayLike,
    control: ArrayLike,
    generator: np.random.Generator,
    *,
    resamples: int = 9999,
    confidence: float = 0.95,
    method: BootstrapMethod = "expanded",
) -> BootstrapInterval:
    """Bootstrap the ratio of standard deviations of paired scores, treatment over control.

    Pairs are resampled, so what the two methods have in common with a seed stays. A resample in
    which one method's scores are all equal has no ratio and counts as undefined.

    Args:
        treatment: Scores, one per seed.
        control: Scores of the same seeds in the same order.
        generator: Where the resamples come from.
        resamples: How many to draw.
        confidence: Nominal coverage.
        method: How the tails are cut; see `steadytune.stats.bootstrap`.

    Returns:
        `estimate` is the ratio, None where a method's scores are all equal; there is no interval
        below three pairs.

    Raises:
        ConfigError: If the lengths differ, a score is not finite, or an option is out of range.
    """
    left, right = paired_scores(treatment, control)
    ratio = ratio_of_spreads(left, right)
    estimate = np.nan if ratio is None else ratio

    def replicate(indices: Indices) -> FloatArray:
        return ratios_of_spreads(left, right, indices)

    return bootstrap(estimate, replicate, left.size, generator, resamples, confidence, method)


def ratio_of_spreads(left: FloatArray, right: FloatArray) -> float | None:
    """The ratio of standard deviations; None below three pairs or where scores are all equal."""
    if left.size < _FEWEST or not (varies(left) and varies(right)):
        return None
    return float(left.std(ddof=1) / right.std(ddof=1))


def ratios_of_spreads(left: FloatArray, right: FloatArray, indices: Indices) -> FloatArray:
    """The ratio in each row of indices; NaN where one method's scores are all equal."""
    ours, theirs = _spreads(left, indices), _spreads(right, indices)
    ratios = np.full(len(ours), np.nan)
    np.divide(ours, theirs, out=ratios, where=ours * theirs > 0)
    return ratios


def _spreads(values: FloatArray, indices: Indices) -> FloatArray:
    """Standard deviations of the rows; exactly 0 for a row that does not vary beyond rounding."""
    spreads: FloatArray = np.std(values[indices], axis=1, ddof=1)
    spreads[spreads <= 1e-12 * max(1.0, float(np.abs(values).max()))] = 0.0
    return spreads
