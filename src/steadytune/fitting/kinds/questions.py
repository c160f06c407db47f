"""Questions whose answers stand in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, final

import numpy as np

from ...metrics.squad import (
    NULL_DIFFERENCE,
    NULL_THRESHOLD,
    best_null_threshold,
    none_is_right,
    squad2_scores,
    squad_scores,
)
from ...tasks import Predictions, Task
from ...tasks.optional_answers import SPAN
from ..measure import Measure
from ._kind import Array
from .texts import PredictedTexts


class Questions(PredictedTexts):
    """Outputs are the scores of the answers, a column a metric.

    Runs keep answers and not the logits of all tokens. So the members of an ensemble, whose logits
    are averaged, score out of fold what single models do.
    """

    kind: ClassVar[str] = "qa"
    combines: ClassVar[bool] = False

    def shape(self, truth: Array, classes: int) -> tuple[int, ...]:
        return len(truth), len(self.problem.metrics)

    def measure(self, task: Task, asked: str | None) -> Measure:
        column = partial(_column, self.problem.metrics.index(task.metric))
        return Measure(task.metric, _mean, percent=True, rows=column)

    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        assert truth is not None
        found = squad_scores(list(predictions["text"]), truth.tolist())
        return np.stack([found.of(name) for name in self.problem.metrics], axis=1)

    def average(self, outputs: Array, weights: Sequence[float] | None = None) -> Array:
        """The mean of what members score."""
        return np.asarray(np.average(outputs, axis=0, weights=weights))

    def loss(self, outputs: Array, truth: Array) -> float:
        """One minus the mean of all metrics."""
        return 1.0 - float(outputs.mean())


@final
class OptionalQuestions(Questions):
    """Outputs are the scores of the best spans, a column a metric, and behind them three columns.

    They are what "no answer" scores, how far its logits are above those of the span, and from
    where on it is predicted. Each example's threshold is chosen on others.
    """

    kind: ClassVar[str] = "qa_no_answer"

    def shape(self, truth: Array, classes: int) -> tuple[int, ...]:
        return len(truth), len(self.problem.metrics) + 3

    def measure(self, task: Task, asked: str | None) -> Measure:
        decided = partial(_decided, self.problem.metrics.index(task.metric))
        return Measure(task.metric, _mean, percent=True, rows=decided)

    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        assert truth is not None
        truths = truth.tolist()
        found = squad2_scores(list(predictions[SPAN]), truths)
        spans = [found.of(name) for name in self.problem.metrics]
        both = predictions[NULL_DIFFERENCE], predictions[NULL_THRESHOLD]
        return np.stack([*spans, none_is_right(truths), *both], axis=1, dtype=np.float64)

    def loss(self, outputs: Array, truth: Array) -> float:
        each = [_decided(place, outputs, truth) for place in range(len(self.problem.metrics))]
        return 1.0 - float(np.mean(each))

    def choices(self, outputs: Array, truth: Array, measure: Measure) -> dict[str, float]:
        spans = outputs[:, self.problem.metrics.index(measure.name)]
        return {NULL_THRESHOLD: best_null_threshold(outputs[:, -2], spans, outputs[:, -3])}

    def with_choices(self, outputs: Array, choices: Mapping[str, float]) -> Array:
        found = outputs.copy()
        usual = self.problem.choices[NULL_THRESHOLD]
        found[:, -1] = np.float32(choices.get(NULL_THRESHOLD, usual))
        return found


def _decided(place: int, outputs: Array, truth: Array) -> tuple[Array, ...]:
    """What is scored in this column, of the span or of "no answer"."""
    none = outputs[:, -2] > outputs[:, -1]
    return (np.where(none, outputs[:, -3], outputs[:, place]),)


def _column(place: int, outputs: Array, truth: Array) -> tuple[Array, ...]:
    return (outputs[:, place],)


def _mean(scores: Array) -> float | None:
    return float(scores.mean()) if len(scores) else None
