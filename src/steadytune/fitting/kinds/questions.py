"""Questions whose answers stand in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from ...metrics.squad import squad_scores
from ...tasks import Predictions, Task
from ..measure import Measure
from ._kind import Array, Kind

if TYPE_CHECKING:
    from datasets import Dataset


@final
class Questions(Kind):
    """Outputs are the scores of the answers, a column a metric.

    Runs keep answers and not the logits of all tokens. So the members of an ensemble, whose logits
    are averaged, score out of fold what single models do.
    """

    kind: ClassVar[str] = "qa"
    floor: ClassVar[bool] = False
    combines: ClassVar[bool] = False
    teaches: ClassVar[bool] = False

    def truth(self, rows: Dataset, label_names: Sequence[str]) -> Array:
        """The answers of each question."""
        return np.fromiter(self.problem.truths(rows), dtype=object, count=len(rows))

    def shape(self, truth: Array, classes: int) -> tuple[int, ...]:
        return len(truth), len(self.problem.metrics)

    def measure(self, task: Task, asked: str | None) -> Measure:
        column = partial(_column, self.problem.metrics.index(task.metric))
        return Measure(task.metric, _mean, percent=True, rows=column)

    def constant(self, measure: Measure, task: Task, truth: Array) -> float:
        return 0.0

    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        assert truth is not None
        found = squad_scores(list(predictions["text"]), truth.tolist())
        by_name = {"f1": found.f1, "exact_match": found.em}
        return np.stack([by_name[name] for name in self.problem.metrics], axis=1)

    def average(self, outputs: Array, weights: Sequence[float] | None = None) -> Array:
        """The mean of what members score."""
        return np.asarray(np.average(outputs, axis=0, weights=weights))

    def loss(self, outputs: Array, truth: Array) -> float:
        """One minus the mean of all metrics."""
        return 1.0 - float(outputs.mean())


def _column(place: int, outputs: Array, truth: Array) -> tuple[Array, ...]:
    return (outputs[:, place],)


def _mean(scores: Array) -> float | None:
    return float(scores.mean()) if len(scores) else None
