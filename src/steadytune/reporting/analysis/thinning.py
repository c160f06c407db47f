"""As many of many points as a drawing can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

MOST_DOTS = 100

T = TypeVar("T")


def thin(values: Sequence[T], most: int) -> tuple[T, ...]:
    """At most `most` of the ordered values, evenly spaced, the first and the last among them."""
    if len(values) <= most:
        return tuple(values)
    chosen = np.linspace(0, len(values) - 1, most).round().astype(int)
    return tuple(values[index] for index in chosen)
