"""Checks that every statistic makes of its input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._exceptions import ConfigError

FloatArray = NDArray[np.float64]


def finite_scores(scores: ArrayLike | Sequence[float], at_least: int = 0) -> FloatArray:
    """`scores` as an array of one axis with finite values, or ConfigError."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1:
        raise ConfigError(f"scores have {values.ndim} axes, expected one: a score per seed")
    if not np.isfinite(values).all():
        bad = values[~np.isfinite(values)][0]
        raise ConfigError(
            f"scores contain {bad}, expected finite numbers: give failed runs a score first"
        )
    if values.size < at_least:
        raise ConfigError(f"got {values.size} scores, expected at least {at_least}: run more seeds")
    return values


def paired_scores(first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Two arrays of equal length, seed by seed, or ConfigError."""
    left, right = finite_scores(first), finite_scores(second)
    if left.size != right.size:
        raise ConfigError(
            f"got {left.size} and {right.size} scores, expected pairs: match the seeds"
        )
    return left, right


def varies(values: FloatArray) -> bool:
    """Whether the values differ by more than rounding, so that a spread means something."""
    if values.size < 2:
        return False
    return float(np.ptp(values)) > 1e-12 * max(1.0, float(np.abs(values).max()))
