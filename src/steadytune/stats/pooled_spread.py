"""The ratio of two spreads over several tasks: the geometric mean of the tasks' ratios.

A single task takes many seeds to say anything about spread. Several tasks say more together: the
mean of their log ratios varies less than any of them. The tasks are fixed, so the interval speaks
of these tasks with other seeds. docs/evidence/coverage.md measures its coverage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ._checks import FloatArray, paired_scores
from .bootstrap import (
    BootstrapInterval,
    check_options,
    expanded_tails,
    resample,
    usable,
)
from .intervals import Interval
from .spread_bootstrap import ratio_of_spreads, ratios_of_spreads

Pairs = tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True)
class PooledSpread:
    """The ratio of standard deviations over tasks.

    Args:
        pooled: The geometric mean of the ratios that are defined, with its interval; the estimate
            is None where none is.
        ratios: The ratio of each task, in the order given; None where it is not defined, which
            leaves the task out of `pooled`.
    """

    pooled: BootstrapInterval
    ratios: tuple[float | None, ...]

    @property
    def tasks(self) -> int:
        """How many tasks `pooled` rests on."""
        return sum(ratio is not None for ratio in self.ratios)


def pooled_spread(
    tasks: Sequence[Pairs],
    generator: np.random.Generator,
    *,
    resamples: int = 9999,
    confidence: float = 0.95,
) -> PooledSpread:
    """Bootstrap the geometric mean over tasks of sd(treatment) / sd(control).

    Pairs are resampled within each task, each task by itself, and the tails are expanded as in
    `bootstrap_spread`, with the degrees of freedom of all tasks together. A task in which all
    scores of one method are equal has no ratio (its logarithm would be infinite) and is left out;
    so is one with fewer than three pairs. A resample in which one of the other tasks has no ratio
    counts as undefined.

    Args:
        tasks: For each task the scores of treatment and control, seed by seed.
        generator: Where the resamples come from.
        resamples: How many to draw.
        confidence: Nominal coverage.

    Raises:
        ConfigError: If the lengths of a pair differ, a score is not finite, or an option is out of
            range.
    """
    check_options(resamples, confidence, "expanded")
    scores = [paired_scores(*pair) for pair in tasks]
    ratios = tuple(ratio_of_spreads(left, right) for left, right in scores)
    kept = [pair for pair, ratio in zip(scores, ratios, strict=True) if ratio is not None]
    if not kept:
        return PooledSpread(BootstrapInterval(None, None, 0, 0), ratios)
    estimate = float(np.exp(np.mean([np.log(ratio) for ratio in ratios if ratio is not None])))
    logs = np.mean([_log_ratios(*pair, generator, resamples) for pair in kept], axis=0)
    found, undefined = usable(logs, confidence)
    interval = None
    if found is not None:
        count = sum(left.size for left, _ in kept)
        tails = expanded_tails(count, count - len(kept), confidence)
        low, high = np.exp(np.quantile(found, tails))
        interval = Interval(float(low), float(high), confidence)
    return PooledSpread(BootstrapInterval(estimate, interval, resamples, undefined), ratios)


def _log_ratios(
    left: FloatArray, right: FloatArray, generator: np.random.Generator, resamples: int
) -> FloatArray:
    """One log ratio a resample; NaN where it is undefined."""
    rows = resample(left.size, resamples, generator)
    ratios = np.concatenate([ratios_of_spreads(left, right, indices) for indices in rows])
    logs: FloatArray = np.log(ratios)
    return logs
