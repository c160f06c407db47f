"""What to expect from the best of a few seeds, a common and flattering way to report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._exceptions import ConfigError
from ._checks import finite_scores


@dataclass(frozen=True)
class ExpectedBest:
    """The expected best score of n runs, for n from 1 to the number of runs observed.

    Args:
        curve: `curve[n - 1]` is for n runs: the first is the mean, the last the best of all.
    """

    curve: tuple[float, ...]

    def of(self, runs: int) -> float:
        """The expected best of `runs` runs.

        Raises:
            ConfigError: If `runs` is below one or above the number observed: no extrapolation.
        """
        if not 1 <= runs <= len(self.curve):
            raise ConfigError(
                f"asked for the best of {runs}, expected 1 to {len(self.curve)}, the runs there are"
            )
        return self.curve[runs - 1]


def expected_best(scores: ArrayLike, *, higher_is_better: bool = True) -> ExpectedBest:
    """The mean, over all ways to choose n of the runs, of the best among them.

    It is exact and unbiased for n independent runs. The best of more runs than were observed is not
    estimated.

    Args:
        scores: One per run; a run that failed needs the score it counts for.
        higher_is_better: False for losses.

    Raises:
        ConfigError: If a score is not finite.
    """
    values = np.sort(finite_scores(scores))
    ordered = values if higher_is_better else values[::-1]
    # Of all sets of n runs, the share whose best is the j-th lowest is C(j - 1, n - 1) / C(N, n),
    # which is zero for j < n. From n to n + 1 it grows by (j - n) (n + 1) / (n (N - n)).
    steps = np.arange(1.0, values.size + 1)
    weights = np.full(values.size, 1.0 / max(1, values.size))
    curve = []
    for runs in range(1, values.size + 1):
        curve.append(float(weights @ ordered[runs - 1 :]))
        left = values.size - runs
        weights = weights[1:] * steps[:left]
        weights *= (runs + 1) / (runs * max(1, left))
    return ExpectedBest(tuple(curve))
