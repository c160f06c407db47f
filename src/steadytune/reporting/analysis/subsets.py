"""Runs on one training subset share its luck: from three subsets on, subsets are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .scoring import Pair

FEWEST_SUBSETS = 3
"""With so many training subsets intervals and tests count subsets instead of runs."""


def by_subset(
    treatment: Mapping[Pair, float], control: Mapping[Pair, float]
) -> tuple[Mapping[Any, float], Mapping[Any, float], int]:
    """Means over the seeds that both have of each training subset, and how many subsets.

    Runs on one subset share its luck, so they are no independent evidence on other subsets. Below
    three subsets the scores are returned run by run, and 0.
    """
    subsets: dict[object, list[Pair]] = {}
    for key in treatment:
        if key in control:
            subsets.setdefault(key[1:], []).append(key)
    if len(subsets) < FEWEST_SUBSETS:
        return treatment, control, 0
    left = {s: float(np.mean([treatment[k] for k in keys])) for s, keys in subsets.items()}
    right = {s: float(np.mean([control[k] for k in keys])) for s, keys in subsets.items()}
    return left, right, len(subsets)
