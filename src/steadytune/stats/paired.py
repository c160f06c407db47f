"""Differences between two methods, matched by seed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ._checks import FloatArray, finite_scores
from .intervals import Interval, mean_interval
from .permutation import sign_flip_test
from .sign_flip_interval import sign_flip_interval

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class PairedDifference:
    """How far one method's scores lie from another's with the same seeds.

    Args:
        differences: Treatment minus control, one per pair, in the order of the pairs.
        mean: Mean difference; None without pairs.
        std: Standard deviation of the differences, divisor n - 1; None below two pairs.
        interval: Student's t interval of the mean difference; None below two pairs and where the
            differences are all equal.
        symmetric_interval: The inverted sign-flip interval of the mean difference, which assumes
            symmetry only; None where it has no finite one, as below six pairs at 95 %.
        higher: Pairs in which the treatment scored higher.
        equal: Pairs with equal scores.
        lower: Pairs in which it scored lower.
        p_value: Two-sided p-value of the sign-flip test.
        smallest_p: The smallest p-value that this many pairs could have reached.
    """

    differences: tuple[float, ...]
    mean: float | None
    std: float | None
    interval: Interval | None
    symmetric_interval: Interval | None
    higher: int
    equal: int
    lower: int
    p_value: float | None
    smallest_p: float | None

    @property
    def count(self) -> int:
        """Number of pairs."""
        return len(self.differences)


def paired_difference(
    treatment: Mapping[Key, float],
    control: Mapping[Key, float],
    generator: np.random.Generator,
    *,
    confidence: float = 0.95,
) -> PairedDifference:
    """Compare two methods over the seeds that both have.

    Args:
        treatment: Score by seed (or by any key that says what belongs together).
        control: The same for what it is compared with.
        generator: For the sign-flip test above 30 pairs and its interval above 16.
        confidence: Nominal coverage of the intervals.

    Raises:
        ConfigError: If a score is not finite or `confidence` is not between 0 and 1.
    """
    left, right = matched(treatment, control)
    values = left - right
    test = sign_flip_test(values, generator)
    higher, lower = _signs(values)
    return PairedDifference(
        differences=tuple(values.tolist()),
        mean=float(values.mean()) if values.size else None,
        std=float(values.std(ddof=1)) if values.size > 1 else None,
        interval=mean_interval(values, confidence),
        symmetric_interval=sign_flip_interval(values, generator, confidence=confidence),
        higher=higher,
        equal=values.size - higher - lower,
        lower=lower,
        p_value=test.p_value,
        smallest_p=test.smallest_p,
    )


def matched(
    first: Mapping[Key, float], second: Mapping[Key, float]
) -> tuple[FloatArray, FloatArray]:
    """The scores of the keys that both mappings have, in the order of the first."""
    shared = [key for key in first if key in second]
    left = finite_scores([first[key] for key in shared])
    return left, finite_scores([second[key] for key in shared])


def _signs(values: FloatArray) -> tuple[int, int]:
    return int(np.sum(values > 1e-12)), int(np.sum(values < -1e-12))
