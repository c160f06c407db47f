"""The training loss of a run, taken from what it logged."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, isfinite
from typing import Any, TypeGuard

MOST_POINTS = 120

Curve = tuple[tuple[float, float], ...]
"""Steps and losses."""


def readable_log(log: Any) -> list[dict[str, float]]:
    """The entries of a log that have a step and a loss, thinned evenly, the last one among them.

    An unreadable log has none.
    """
    points = list(_points(log)) if isinstance(log, list) else []
    stride = ceil(len(points) / MOST_POINTS) or 1
    return [{"step": step, "loss": loss} for step, loss in points[::-1][::stride][::-1]]


def _points(log: list[Any]) -> Iterator[tuple[float, float]]:
    for entry in log:
        if isinstance(entry, dict):
            step, loss = entry.get("step"), entry.get("loss")
            if _is_finite(step) and _is_finite(loss):
                yield float(step), float(loss)


def _is_finite(value: Any) -> TypeGuard[float]:
    # A whole number may be too large for a float.
    return isinstance(value, int | float) and abs(value) < 1e300 and isfinite(value)
