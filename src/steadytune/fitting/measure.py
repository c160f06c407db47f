"""What chooses: one number for predictions, and which one suits a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..metrics.confusion_counts import OF_COUNTS, class_counts
from ..metrics.regression import correlation
from ..tasks import Task
from ..tasks._problem import values

Array = NDArray[Any]

_UNBALANCED = 3
"""From this ratio of the largest to the smallest class on, accuracy rewards ignoring the small."""


@dataclass(frozen=True)
class Measure:
    """A number for predictions, the higher the better.

    Args:
        name: What it is called.
        of: Predicted classes or numbers, and true ones, to the number; None where undefined.
        percent: Whether it is shown in percent.
    """

    name: str
    of: Callable[[Array, Array], float | None]
    percent: bool

    def __call__(self, outputs: Array, truth: Array) -> float:
        """The number; an undefined one counts as 0.

        Args:
            outputs: Shape (examples, classes), logits; or (examples, 1), numbers.
            truth: Shape (examples,).
        """
        predicted = outputs.argmax(axis=1) if outputs.shape[1] > 1 else outputs[:, 0]
        return self.of(predicted, truth) or 0.0

    def shown(self, value: float) -> str:
        """A value as sentences have it."""
        return f"{100 * value:.1f} %" if self.percent else f"{value:.3f}"

    def difference(self, value: float) -> str:
        """A difference between two values, with its sign."""
        return f"{100 * value:+.1f} points" if self.percent else f"{value:+.3f}"


def measure_of(task: Task, asked: str | None) -> Measure:
    """What chooses on a task: its own metric, but macro F1 instead of accuracy where unbalanced.

    Args:
        task: The task.
        asked: The metric that the user asked for, if any.
    """
    if task.kind == "regression":
        return Measure(task.metric, partial(_correlation, task.metric), percent=False)
    classes = len(task.label_names)
    sizes = Counter(values(task.train, "label"))
    unbalanced = max(sizes.values()) >= _UNBALANCED * min(sizes.values())
    if task.metric == "accuracy" and asked is None and unbalanced:
        return Measure("macro F1", partial(_of_counts, "f1_macro", classes), percent=True)
    return Measure(task.metric, partial(_of_counts, task.metric, classes), percent=True)


def constant(measure: Measure, task: Task, truth: Array) -> float:
    """What the majority-class baseline scores."""
    if task.kind == "regression":
        return 0.0
    every = range(len(task.label_names))
    return max(measure.of(np.full(len(truth), label), truth) or 0.0 for label in every)


def _of_counts(metric: str, classes: int, predicted: Array, truth: Array) -> float | None:
    return OF_COUNTS[metric](class_counts(predicted, truth, classes))


def _correlation(metric: str, predicted: Array, truth: Array) -> float | None:
    return correlation(metric, predicted, truth)
