"""The course of a training, read off its log: losses and gradient norms by step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingCurve:
    """What a run logged while it trained.

    Args:
        label: What the run is called.
        ended: How it ended: a status such as `ok` or `diverged`, or `degenerate`.
        steps: Numbers of the optimizer steps.
        loss: Training loss at those steps; NaN where it was not finite.
        gradient_norm: Norm of the gradient before clipping; NaN where none was logged.
    """

    label: str
    ended: str
    steps: tuple[int, ...]
    loss: tuple[float, ...]
    gradient_norm: tuple[float, ...]


def training_curve(label: str, ended: str, history: Sequence[Mapping[str, Any]]) -> TrainingCurve:
    """The curve of one run.

    Args:
        label: What the run is called.
        ended: How it ended.
        history: The log of a record: entries with `step`, `loss` and `grad_norm`; those without a
            step or a loss are left out.
    """
    entries = [entry for entry in history if "step" in entry and "loss" in entry]
    return TrainingCurve(
        label,
        ended,
        tuple(int(entry["step"]) for entry in entries),
        tuple(_number(entry["loss"]) for entry in entries),
        tuple(_number(entry.get("grad_norm")) for entry in entries),
    )


def _number(value: Any) -> float:
    usable = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if usable else math.nan
