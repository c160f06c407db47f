"""Metrics of one model with bootstrap intervals over examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..stats import BootstrapInterval, bootstrap_interval, bootstrap_mean_interval
from ..tasks import PROBLEMS, Predictions

RESAMPLES = 1000


def metric_intervals(
    kind: str, predictions: Predictions, truths: Sequence[Any], seed: int = 0
) -> dict[str, BootstrapInterval]:
    """Each metric that can be primary, with its interval over examples.

    It says how far the metric could move with other rows of the same kind, for this one model, and
    nothing about other seeds. All metrics share their resamples.

    Args:
        kind: One of `PROBLEMS`.
        predictions: As `Problem.predict` gives them.
        truths: As `Problem.truths` gives them.
        seed: Of the resamples.
    """
    found = {}
    for statistic in PROBLEMS[kind].statistics(predictions, truths):
        draws, arrays = np.random.default_rng(seed), statistic.arrays
        found[statistic.metric] = (
            bootstrap_mean_interval(arrays[0], draws, resamples=RESAMPLES)
            if statistic.of is None
            else bootstrap_interval(statistic.of, arrays, draws, resamples=RESAMPLES)
        )
    return found
