"""Making predictions say how sure they are: a temperature for classes, an interval for numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log

import numpy as np
from numpy.typing import ArrayLike

from ..metrics.mixture import log_mixture

HOTTEST = 20.0
"""Temperatures are looked for from one over this to this."""


def mixture_log_loss(
    logits: ArrayLike,
    labels: ArrayLike,
    temperature: float = 1.0,
    weights: Sequence[float] | None = None,
) -> float:
    """The mean log loss, in nats, of the average of members' probabilities.

    Args:
        logits: Shape (members, examples, classes).
        labels: Shape (examples,), the classes' numbers.
        temperature: Divides all logits.
        weights: What each member counts for; by default all count alike.
    """
    mixed = log_mixture(np.asarray(logits, dtype=np.float64) / temperature, weights)
    truth = np.asarray(labels)
    return float(-mixed[np.arange(len(truth)), truth].mean())


def fit_temperature(
    logits: ArrayLike, labels: ArrayLike, weights: Sequence[float] | None = None
) -> float:
    """The temperature that gives the lowest log loss of the average of members' probabilities.

    With one member it is that of Guo, Pleiss, Sun, Weinberger: On calibration of modern neural
    networks, ICML 2017, arXiv 1706.04599. The examples must not be those trained on.

    Args:
        logits: Shape (members, examples, classes).
        labels: Shape (examples,), the classes' numbers.
        weights: What each member counts for; by default all count alike.

    Returns:
        1 where no other temperature is better.
    """
    from scipy.optimize import minimize_scalar

    bounds = -log(HOTTEST), log(HOTTEST)
    found = minimize_scalar(
        lambda power: mixture_log_loss(logits, labels, float(np.exp(power)), weights),
        bounds=bounds,
        method="bounded",
    )
    best = float(np.exp(found.x))
    as_they_are = mixture_log_loss(logits, labels, weights=weights)
    better = mixture_log_loss(logits, labels, best, weights) < as_they_are
    return best if better else 1.0


def residual_width(residuals: ArrayLike, coverage: float = 0.9) -> float | None:
    """How far a new number lies from its prediction at most, in so large a share of cases.

    The quantile of absolute residuals that split conformal prediction takes, so that the share
    holds for any distribution (Vovk, Gammerman, Shafer, 2005).

    Args:
        residuals: Of examples that were not trained on.
        coverage: The share.

    Returns:
        None where there are too few residuals for that share.
    """
    sizes = np.sort(np.abs(np.asarray(residuals, dtype=np.float64)))
    place = ceil((len(sizes) + 1) * coverage)
    return float(sizes[place - 1]) if place <= len(sizes) else None
