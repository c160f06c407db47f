"""The training loss of a run, taken from what it logged."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite
from typing import Annotated, Any

from pydantic import ConfigDict, PlainSerializer, PlainValidator, TypeAdapter, ValidationError
from typing_extensions import TypedDict

MOST_POINTS = 120

Curve = tuple[tuple[float, float], ...]


class _Entry(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(extra="ignore", strict=True)  # type: ignore[misc]
    step: float | None
    loss: float | None


_LOG = TypeAdapter(list[_Entry])


def _curve(entries: Sequence[_Entry]) -> Curve:
    """Step and loss of the entries that have both, thinned evenly, the last one among them."""
    pairs = ((entry.get("step"), entry.get("loss")) for entry in entries)
    points = [(s, v) for s, v in pairs if s is not None and v is not None]
    points = [point for point in points if all(map(isfinite, point))]
    stride = ceil(len(points) / MOST_POINTS) or 1
    return tuple(points[::-1][::stride][::-1])


def _parsed(value: Any) -> Curve:
    """A log that cannot be read costs the curve, not the run's results."""
    try:
        return _curve(_LOG.validate_python(value))
    except ValidationError:
        return ()


def _entries(curve: Curve) -> list[dict[str, float]]:
    return [{"step": step, "loss": loss} for step, loss in curve]


TrainingCurve = Annotated[Curve, PlainValidator(_parsed), PlainSerializer(_entries)]
"""In a record a list of `{"step": 20, "loss": 0.52, ...}`; as a value pairs of step and loss."""
