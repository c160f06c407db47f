"""Stability against performance: whether models that noise moves less also score higher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._exceptions import ConfigError
from ..stats.correlation import Correlation, Kind, correlation, correlation_within

Array = NDArray[np.float64]
KINDS: tuple[Kind, ...] = ("spearman", "pearson")


@dataclass(frozen=True)
class GroupAssociation:
    """The runs of one method on one task.

    Args:
        task: The task.
        method: The method.
        sensitivity: How far noise moves each run's model, (runs,).
        score: Each run's test score, (runs,).
        correlations: Spearman's and Pearson's correlation of the two.
    """

    task: str
    method: str
    sensitivity: Array
    score: Array
    correlations: tuple[Correlation, ...]


@dataclass(frozen=True)
class StabilityAssociation:
    """Noise sensitivity against test score over many runs.

    Args:
        groups: One entry for each task and method, in the order in which they first appear.
        within: The correlations inside the groups, pooled. Runs of different methods are never
            compared in them: LNSR lowers the sensitivity itself, so that a correlation over all
            runs would mix its effect on either side.
    """

    groups: tuple[GroupAssociation, ...]
    within: tuple[Correlation, ...]


def stability_association(
    sensitivity: ArrayLike,
    score: ArrayLike,
    tasks: Sequence[str],
    methods: Sequence[str],
    *,
    confidence: float = 0.95,
) -> StabilityAssociation:
    """Correlate noise sensitivity with test score, within task and method.

    Args:
        sensitivity: One number a run, such as the relative displacement of the top layer, measured
            on rows that were not trained on; runs where it is not finite are left out.
        score: One test score a run, the higher the better; likewise.
        tasks: The task of each run.
        methods: The method of each run.
        confidence: Coverage of the intervals.

    Raises:
        ConfigError: If the four differ in length.
    """
    left, right = np.asarray(sensitivity, np.float64), np.asarray(score, np.float64)
    if not len(left) == len(right) == len(tasks) == len(methods):
        raise ConfigError(
            f"got {len(left)} sensitivities, {len(right)} scores, {len(tasks)} tasks and "
            f"{len(methods)} methods; expected one of each a run"
        )
    known = np.isfinite(left) & np.isfinite(right)
    left, right = left[known], right[known]
    pairs = zip(tasks, methods, strict=True)
    names = [pair for pair, kept in zip(pairs, known, strict=True) if kept]
    groups = tuple(
        _group(name, left[chosen], right[chosen], confidence)
        for name in dict.fromkeys(names)
        for chosen in [np.array([other == name for other in names])]
    )
    within = tuple(
        correlation_within(left, right, names, kind=kind, confidence=confidence) for kind in KINDS
    )
    return StabilityAssociation(groups, within)


def _group(
    name: tuple[str, str], sensitivity: Array, score: Array, confidence: float
) -> GroupAssociation:
    found = tuple(
        correlation(sensitivity, score, kind=kind, confidence=confidence) for kind in KINDS
    )
    return GroupAssociation(*name, sensitivity, score, found)
