"""The training loss of a run, taken from what it logged."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, isfinite
from typing import Annotated, Any, TypeGuard

from pydantic import PlainSerializer, PlainValidator

MOST_POINTS = 120

Curve = tuple[tuple[float, float], ...]


def _parsed(log: Any) -> Curve:
    """Step and loss of the entries that have both, thinned evenly, the last one among them.

    A log that cannot be read costs the curve, not the run's results.
    """
    points = list(_points(log)) if isinstance(log, list) else []
    stride = ceil(len(points) / MOST_POINTS) or 1
    return tuple(points[::-1][::stride][::-1])


def _points(log: list[Any]) -> Iterator[tuple[float, float]]:
    for entry in log:
        if isinstance(entry, dict):
            step, loss = entry.get("step"), entry.get("loss")
            if _is_finite(step) and _is_finite(loss):
                yield float(step), float(loss)


def _is_finite(value: Any) -> TypeGuard[float]:
    # A whole number may be too large for a float.
    return isinstance(value, int | float) and abs(value) < 1e300 and isfinite(value)


def _entries(curve: Curve) -> list[dict[str, float]]:
    return [{"step": step, "loss": loss} for step, loss in curve]


TrainingCurve = Annotated[Curve, PlainValidator(_parsed), PlainSerializer(_entries)]
"""In a record a list of `{"step": 20, "loss": 0.52, ...}`; as a value pairs of step and loss."""
