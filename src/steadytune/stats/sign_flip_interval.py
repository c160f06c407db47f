"""An interval for a mean difference that assumes symmetry only: the sign-flip test, inverted.

It holds every value d for which the sign-flip test of the differences minus d gives p above
1 - confidence. Flipping the signs of a subset leaves the sum as large as it was exactly when the
mean of that subset is at most d, so the ends are order statistics of the means of all subsets, and
no search is needed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ._checks import FloatArray, finite_scores, varies
from .intervals import Interval, check_confidence
from .permutation import random_signed_sums

EXACT_UP_TO = 16


def sign_flip_interval(
    differences: ArrayLike,
    generator: np.random.Generator,
    *,
    confidence: float = 0.95,
    draws: int = 9999,
) -> Interval | None:
    """The values of the mean difference that a sign-flip test would not reject.

    It covers at least `confidence` for independent differences that are symmetric around their
    mean, whatever their shape: all 2^n subsets are used up to 16 pairs, above that a random sample
    of them, which keeps the guarantee.

    Args:
        differences: One per seed.
        generator: Where random subsets come from; not touched up to 16 pairs.
        confidence: Nominal coverage.
        draws: How many random subsets to take.

    Returns:
        None where no finite interval has this confidence, which at 95 % is below six pairs, and
        where the differences are all equal.

    Raises:
        ConfigError: If a difference is not finite or `confidence` is not between 0 and 1.

    Source: Hartigan (1969), Journal of the American Statistical Association 64, "typical values".
    """
    check_confidence(confidence)
    values = finite_scores(differences)
    if not varies(values):
        return None
    exact = values.size <= EXACT_UP_TO
    means = _all_subset_means(values) if exact else _some_subset_means(values, generator, draws)
    # The whole sample counts as one more pattern: the one that flips nothing.
    rank = int((1 - confidence) / 2 * (means.size + 1) * (1 + 1e-12))
    if rank == 0:
        return None
    ordered = np.partition(means, [rank - 1, means.size - rank])
    return Interval(float(ordered[rank - 1]), float(ordered[means.size - rank]), confidence)


def _all_subset_means(values: FloatArray) -> FloatArray:
    """The means of the 2^n - 1 subsets that are not empty."""
    sums, sizes = np.zeros(1), np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
        sizes = np.concatenate([sizes, sizes + 1])
    means: FloatArray = sums[1:] / sizes[1:]
    return means


def _some_subset_means(
    values: FloatArray, generator: np.random.Generator, draws: int
) -> FloatArray:
    """The means of random subsets: the values whose sign a random pattern leaves as it is."""
    rows = np.stack([values, np.ones_like(values)])
    chunks = np.concatenate(list(random_signed_sums(rows, generator, draws)), axis=1)
    sums, sizes = (chunks + rows.sum(axis=1, keepdims=True)) / 2
    # With more than 16 values an empty subset is too rare to matter, but it has no mean.
    means: FloatArray = sums[sizes > 0] / sizes[sizes > 0]
    return means
