"""What one model learns of another: targets made of labels and of what the other says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

Array = NDArray[Any]

TEACHER_SHARE = 0.5
"""What the teacher's word on a training example counts for, beside its label."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """What models that were not trained on them say of training examples.

    Args:
        places: The examples.
        outputs: Logits, shape (examples, classes), or numbers, (examples, 1).
    """

    places: Array
    outputs: Array


def train_targets(truth: Array, classes: int, known: Lessons | None) -> Array:
    """Targets of the training examples: probabilities, shape (examples, classes), or numbers."""
    targets = np.eye(classes)[truth] if classes else truth[:, None].astype(np.float64)
    if known is not None:
        own = (1 - TEACHER_SHARE) * targets[known.places]
        targets[known.places] = own + TEACHER_SHARE * as_targets(known.outputs)
    return targets


def as_targets(outputs: Array) -> Array:
    """A model's outputs as targets: probabilities of logits, numbers as they are."""
    return np.asarray(softmax(outputs, axis=1) if outputs.shape[1] > 1 else outputs, np.float64)
