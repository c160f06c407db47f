"""What one model learns of another: targets made of labels and of what the other says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from .kinds import Kind

Array = NDArray[Any]

TEACHER_SHARE = 0.5
"""What the teacher's word on a training example counts for, beside its label."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """What models that were not trained on them say of training examples.

    Args:
        places: The examples.
        outputs: Shape (examples, columns).
    """

    places: Array
    outputs: Array


def train_targets(kind: Kind, truth: Array, classes: int, known: Lessons | None) -> Array:
    """Targets of the training examples, shape (examples, outputs of the model)."""
    targets = kind.targets(truth, classes)
    if known is not None:
        own = (1 - TEACHER_SHARE) * targets[known.places]
        targets[known.places] = own + TEACHER_SHARE * kind.as_targets(known.outputs)
    return targets
