"""One of several classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from ..._exceptions import DataError
from ...metrics.confusion_counts import score_of_classes
from ...metrics.mixture import log_mixture
from ...stats.calibration import mixture_log_loss
from ...tasks import Predictions, Task
from ...tasks._problem import values
from ..measure import Measure
from ._kind import STRENGTHS, Array, AsClasses, Kind, Line, LinearModel

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor

_UNBALANCED = 3
"""From this ratio of the largest to the smallest class on, accuracy rewards ignoring the small."""

_MACRO_F1 = "macro F1"

_UNSEEN_LOGIT = -14.0
"""The logit of a class without an example: a probability of one in a million at most."""


class OfClasses(Kind):
    """Outputs are logits of classes; probabilities are averaged."""

    def average(self, outputs: Array, weights: Sequence[float] | None = None) -> Array:
        return log_mixture(outputs, weights)

    def loss(self, outputs: Array, truth: Array) -> float:
        return mixture_log_loss(outputs[None], truth)

    def as_line(self, head: Any, classes: int) -> Line:
        weight, bias = head.coef_, head.intercept_
        if len(head.classes_) == 2:  # scikit-learn keeps the difference of the two logits
            weight = np.concatenate([-weight, weight]) / 2
            bias = np.concatenate([-bias, bias]) / 2
        whole = Line(np.zeros((classes, weight.shape[1])), np.full(classes, _UNSEEN_LOGIT))
        whole.weight[head.classes_], whole.bias[head.classes_] = weight, bias
        return whole


@final
class Classes(OfClasses):
    """Each example is of one class."""

    kind: ClassVar[str] = "classification"

    def require(self, task: Task, groups: Array) -> None:
        labels = values(task.train, "label")
        # A class whose examples are all copies of one text cannot be both trained on and held out.
        spread = Counter(label for label, _ in set(zip(labels, groups.tolist(), strict=True)))
        usable = [label for label, texts in spread.items() if texts > 1]
        if len(usable) < 2 or 2 * len(usable) < len(task.label_names):
            raise DataError(
                f"{task.name} has {len(task.label_names)} classes in {len(labels)} "
                f"training examples, and {len(usable)} of them have two different texts: expected "
                "this of most classes; add examples, or name another column with `label`"
            )

    def measure(self, task: Task, asked: str | None) -> Measure:
        """The task's own metric, but macro F1 instead of accuracy where classes are unbalanced."""
        classes = len(task.label_names)
        sizes = Counter(values(task.train, "label"))
        unbalanced = max(sizes.values()) >= _UNBALANCED * min(sizes.values())
        if task.metric == "accuracy" and asked is None and unbalanced:
            return Measure(_MACRO_F1, partial(score_of_classes, "f1_macro", classes), percent=True)
        return Measure(task.metric, partial(score_of_classes, task.metric, classes), percent=True)

    def constant(self, measure: Measure, task: Task, rows: Dataset) -> float:
        metric = "f1_macro" if measure.name == _MACRO_F1 else measure.name
        return self.problem.constant_score(rows, len(task.label_names), metric)

    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        return np.asarray(predictions["logits"], dtype=np.float64)

    def as_classes(self, outputs: Array, truth: Array) -> AsClasses:
        return AsClasses(outputs, truth, np.arange(len(truth)))

    def linear_model(self) -> LinearModel:
        from sklearn.linear_model import LogisticRegression

        return LinearModel(LogisticRegression(max_iter=2000), "C", STRENGTHS)

    def targets(self, truth: Array, classes: int) -> Array:
        found: Array = np.eye(classes)[truth]
        return found

    def as_targets(self, outputs: Array) -> Array:
        from scipy.special import softmax

        return np.asarray(softmax(outputs, axis=1))

    def lesson_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits, targets)
