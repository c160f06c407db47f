"""The sign-flip test: could the differences just as well have had the other sign?

If two methods do equally well, which of them scored higher with a seed is a matter of chance, so
every pattern of signs of the paired differences is equally likely. The p-value is the share of
patterns whose sum is at least as far from zero as the one seen. No shape is assumed beyond that
symmetry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ._checks import FloatArray, finite_scores

EXACT_UP_TO = 30
_CHUNK = 1 << 20


@dataclass(frozen=True)
class SignFlipTest:
    """The two-sided p-value of a sign-flip test.

    Args:
        p_value: None without differences.
        smallest_p: The smallest p-value that this many pairs could have reached.
        exact: Whether every pattern of signs was counted, or a random sample of them.
    """

    p_value: float | None
    smallest_p: float | None
    exact: bool


def sign_flip_test(
    differences: ArrayLike, generator: np.random.Generator, *, draws: int = 9999
) -> SignFlipTest:
    """Test whether paired differences are symmetric around zero.

    Up to 30 pairs all 2^n patterns of signs are counted, without listing them: the sums of two
    halves are sorted and matched. Above that `draws` random patterns are taken, and the pattern
    seen counts as one of them, so that p is never zero.

    Args:
        differences: One per seed.
        generator: Where random patterns come from; not touched up to 30 pairs.
        draws: How many random patterns to take.

    Raises:
        ConfigError: If a difference is not finite.
    """
    values = finite_scores(differences)
    if values.size == 0:
        return SignFlipTest(None, None, True)
    if values.size <= EXACT_UP_TO:
        return SignFlipTest(exact_sign_flip_p(values), smallest_sign_flip_p(values.size), True)
    return SignFlipTest(_sampled_p(values, generator, draws), 1 / (draws + 1), False)


def smallest_sign_flip_p(count: int) -> float:
    """The smallest two-sided p-value that `count` pairs can reach: 2 of the 2^count patterns."""
    return float(min(1.0, 2.0 ** (1 - count)))


def exact_sign_flip_p(values: FloatArray) -> float:
    """The share of all 2^n patterns of signs whose sum is as far from zero as that of `values`."""
    middle = values.size // 2
    left, right = _signed_sums(values[:middle]), np.sort(_signed_sums(values[middle:]))
    seen = abs(float(values.sum())) - _tolerance(values)
    below = np.searchsorted(right, -seen - left, side="right")
    above = right.size - np.searchsorted(right, seen - left, side="left")
    extreme = np.minimum(below + above, right.size).sum()
    return float(extreme / (left.size * right.size))


def _signed_sums(values: FloatArray) -> FloatArray:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def random_signed_sums(
    rows: FloatArray, generator: np.random.Generator, draws: int
) -> Iterator[FloatArray]:
    """The sums of rows after random patterns of signs, the same for all rows, in chunks.

    Eight signs make a byte, and a table gives the signed sum of every byte.

    Args:
        rows: (rows, values).
        generator: Where the patterns come from.
        draws: How many patterns.

    Yields:
        (rows, patterns of this chunk).
    """
    padded = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8))).reshape(len(rows), -1, 8)
    signs = 1.0 - 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    table = padded @ signs.T
    blocks = np.arange(table.shape[1])
    most = max(1, _CHUNK // blocks.size)
    for start in range(0, draws, most):
        shape = (min(most, draws - start), blocks.size)
        patterns = generator.integers(0, 256, shape, dtype=np.uint8)
        yield np.stack([row[blocks, patterns].sum(axis=1) for row in table])


def _sampled_p(values: FloatArray, generator: np.random.Generator, draws: int) -> float:
    seen = abs(float(values.sum())) - _tolerance(values)
    chunks = random_signed_sums(values[None], generator, draws)
    extreme = sum(int(np.count_nonzero(np.abs(sums) >= seen)) for sums in chunks)
    return (extreme + 1) / (draws + 1)


def _tolerance(values: FloatArray) -> float:
    """Sums that are equal on paper differ in the last digits; this much counts as equal."""
    return 1e-9 * float(np.abs(values).sum())
