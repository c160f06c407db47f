"""What the drawings share: sizes, ranges, and names that fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

PANEL_WIDTH = 340.0
LEFT = 48.0
MOST_DOTS = 100

T = TypeVar("T")


def thin(values: Sequence[T], most: int) -> tuple[T, ...]:
    """At most `most` of the ordered values, evenly spaced, the first and the last among them."""
    if len(values) <= most:
        return tuple(values)
    chosen = np.linspace(0, len(values) - 1, most).round().astype(int)
    return tuple(values[index] for index in chosen)


def padded(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """The range of the values, widened by a share of it at either end."""
    if not values:
        return (0.0, 1.0)
    low, high = min(values), max(values)
    room = (high - low) * share or max(abs(high), 10.0) * share
    return (low - room, high + room)


def shortened(text: str, widest: int) -> str:
    """`text`, its middle cut out if it is longer than `widest`."""
    if len(text) <= widest:
        return text
    head = (widest - 1) // 2
    return f"{text[:head]}…{text[len(text) - (widest - 1 - head) :]}"
