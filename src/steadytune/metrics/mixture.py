"""Several classifiers as one: the mean of their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray


def log_mixture(logits: ArrayLike, weights: Sequence[float] | None = None) -> NDArray[np.float64]:
    """The logarithm of the mean of members' probabilities, shape (..., classes).

    Args:
        logits: Shape (members, ..., classes).
        weights: What each member counts for; by default all count alike.
    """
    from scipy.special import log_softmax, logsumexp

    each = log_softmax(np.asarray(logits, dtype=np.float64), axis=-1)
    if weights is None:
        mixed: NDArray[np.float64] = logsumexp(each, axis=0) - log(len(each))
        return mixed
    shares = np.asarray(weights, dtype=np.float64).reshape(-1, *[1] * (each.ndim - 1))
    weighted: NDArray[np.float64] = logsumexp(each, axis=0, b=shares / shares.sum())
    return weighted
