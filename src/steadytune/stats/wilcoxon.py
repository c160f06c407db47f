"""Wilcoxon's signed-rank test: the sign-flip test of ranks, so that no single pair decides it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ._checks import FloatArray, finite_scores
from .correlation import average_ranks
from .permutation import EXACT_UP_TO, exact_sign_flip_p, smallest_sign_flip_p


@dataclass(frozen=True)
class SignedRankTest:
    """The two-sided p-value of a signed-rank test.

    Args:
        p_value: None without differences; 1 where all of them are zero.
        smallest_p: The smallest p-value that these differences could have reached, had they all had
            the same sign; zeros are not among them.
        exact: Whether the p-value is exact, or of the normal approximation.
        zeros: Differences that are zero: they say nothing about the sign and are left out.
    """

    p_value: float | None
    smallest_p: float | None
    exact: bool
    zeros: int


def signed_rank_test(differences: ArrayLike) -> SignedRankTest:
    """Test whether paired differences are symmetric around zero, by their ranks.

    A run that fails weighs no more than the largest rank, whereas it can decide a test of means.
    Equal differences share the mean of their ranks. Up to 30 differences the p-value is exact, also
    with ties: it counts every pattern of signs of the ranks. Above that it is what SciPy chooses:
    exact up to 50 without ties, else the normal approximation corrected for ties.

    Args:
        differences: One per seed.

    Raises:
        ConfigError: If a difference is not finite.

    Source: Wilcoxon (1945), Biometrics Bulletin 1.
    """
    values = finite_scores(differences)
    if values.size == 0:
        return SignedRankTest(None, None, True, 0)
    kept = _without_rounding(values[np.abs(values) > 1e-12])
    zeros = values.size - kept.size
    if kept.size <= EXACT_UP_TO:
        return SignedRankTest(_exact_p(kept), smallest_sign_flip_p(kept.size), True, zeros)
    exact = kept.size <= 50 and np.unique(np.abs(kept)).size == kept.size
    return SignedRankTest(_library_p(kept), _library_p(np.abs(kept)), exact, zeros)


def _without_rounding(values: FloatArray) -> FloatArray:
    """Differences that are equal on paper differ in the last digits; ranks must not see that."""
    rounded: FloatArray = np.round(values / np.abs(values).max(initial=1e-12), 9)
    return rounded


def _exact_p(values: FloatArray) -> float:
    return exact_sign_flip_p(np.sign(values) * average_ranks(np.abs(values)))


def _library_p(values: FloatArray) -> float:
    from scipy.stats import wilcoxon

    return float(wilcoxon(values, method="auto").pvalue)
