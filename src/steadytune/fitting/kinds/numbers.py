"""One number, or a grade that it is rounded to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from ...metrics.ordinal import OF_GRADES, nearest
from ...metrics.regression import correlation
from ...tasks import Predictions, Task
from ..measure import Measure
from ._kind import STRENGTHS, Array, Kind, Line, LinearModel

if TYPE_CHECKING:
    from torch import Tensor


class Numbers(Kind):
    """Outputs are numbers, one column; they are averaged."""

    kind: ClassVar[str] = "regression"

    def measure(self, task: Task, asked: str | None) -> Measure:
        return Measure(task.metric, partial(correlation, task.metric), percent=False)

    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        return np.asarray(predictions["value"], dtype=np.float64)[:, None]

    def average(self, outputs: Array, weights: Sequence[float] | None = None) -> Array:
        return np.asarray(np.average(outputs, axis=0, weights=weights))

    def loss(self, outputs: Array, truth: Array) -> float:
        return float(np.mean((outputs[:, 0] - truth) ** 2))

    def residuals(self, outputs: Array, truth: Array) -> Array | None:
        found: Array = outputs[:, 0] - truth
        return found

    def linear_model(self) -> LinearModel:
        from sklearn.linear_model import Ridge

        return LinearModel(Ridge(), "alpha", [100 / strength for strength in STRENGTHS])

    def as_line(self, head: Any, classes: int) -> Line:
        return Line(np.atleast_2d(head.coef_), np.atleast_1d(head.intercept_))

    def targets(self, truth: Array, classes: int) -> Array:
        return truth[:, None].astype(np.float64)

    def as_targets(self, outputs: Array) -> Array:
        return np.asarray(outputs, np.float64)

    def lesson_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import mse_loss

        return mse_loss(logits, targets)


@final
class Grades(Numbers):
    """Outputs are numbers too; what is predicted is the nearest grade."""

    kind: ClassVar[str] = "ordinal"

    def shape(self, truth: Array, classes: int) -> tuple[int, ...]:
        return len(truth), 1

    def measure(self, task: Task, asked: str | None) -> Measure:
        grades = tuple(map(int, task.label_names))
        return Measure(
            task.metric,
            OF_GRADES[task.metric],
            percent=task.metric == "accuracy",
            rows=partial(_predicted, grades),
        )

    def residuals(self, outputs: Array, truth: Array) -> Array | None:
        """None: what is predicted is a grade, not the number."""
        return None


def _predicted(grades: tuple[int, ...], outputs: Array, truth: Array) -> tuple[Array, ...]:
    return nearest(outputs[:, 0], grades), truth
