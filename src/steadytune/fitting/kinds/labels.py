"""Several labels per text, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from ..._exceptions import DataError
from ...metrics.multilabel import (
    OF_SETS,
    THRESHOLD,
    USUAL_THRESHOLD,
    best_threshold,
    label_sets,
    mean_logits,
)
from ...tasks import Predictions, Task
from ..measure import Measure
from ._kind import STRENGTHS, Array, AsClasses, Kind, Line, LinearModel

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor


@final
class Labels(Kind):
    """Outputs are logits, and in the last column the logit of the threshold.

    Each example's threshold is chosen on others. That of the model is chosen on all of them.
    """

    kind: ClassVar[str] = "multilabel"

    def truth(self, rows: Dataset, label_names: Sequence[str]) -> Array:
        return super().truth(rows, label_names).astype(bool)

    def require(self, task: Task, groups: Array) -> None:
        counts = self.truth(task.train, task.label_names).sum(axis=0)
        usable = int(((counts > 1) & (counts < len(groups))).sum())
        if usable < 1 or 2 * usable < len(task.label_names):
            raise DataError(
                f"{task.name} has {len(task.label_names)} labels in {len(groups)} training "
                f"examples, and {usable} of them occur twice or more: expected this of most "
                "labels; add examples, or name other columns with `label`"
            )

    def shape(self, truth: Array, classes: int) -> tuple[int, ...]:
        return len(truth), classes + 1

    def measure(self, task: Task, asked: str | None) -> Measure:
        return Measure(task.metric, OF_SETS[task.metric], percent=True, rows=_sets)

    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        from scipy.special import logit

        thresholds = logit(np.asarray(predictions[THRESHOLD], dtype=np.float64))
        return _with(np.asarray(predictions["logits"], dtype=np.float64), thresholds)

    def average(self, outputs: Array, weights: Sequence[float] | None = None) -> Array:
        """The mean of probabilities, at the usual threshold."""
        return self.from_line(mean_logits(outputs[..., :-1], weights))

    def loss(self, outputs: Array, truth: Array) -> float:
        logits = outputs[:, :-1]
        return float(np.mean(np.logaddexp(0.0, logits) - truth * logits))

    def choices(self, outputs: Array, truth: Array, measure: Measure) -> dict[str, float]:
        return {THRESHOLD: best_threshold(outputs[:, :-1], truth, measure.name)}

    def with_choices(self, outputs: Array, choices: Mapping[str, float]) -> Array:
        return self.outputs(
            {
                "logits": outputs[:, :-1],
                THRESHOLD: np.full(len(outputs), choices.get(THRESHOLD, USUAL_THRESHOLD)),
            },
            None,
        )

    def as_classes(self, outputs: Array, truth: Array) -> AsClasses:
        """Each label of each example holds or does not; label by label."""
        logits = np.swapaxes(outputs[..., :-1], 1, 2).reshape(len(outputs), -1)
        two = np.stack([np.zeros_like(logits), logits], axis=-1)
        examples = np.tile(np.arange(len(truth)), truth.shape[1])
        return AsClasses(two, truth.T.reshape(-1).astype(np.int64), examples)

    def linear_model(self) -> LinearModel:
        """One logistic regression a label, all at once: a network without hidden layers is that."""
        from sklearn.neural_network import MLPClassifier

        # Its penalty is that of `LogisticRegression(C=1 / alpha)`.
        head = MLPClassifier((), solver="lbfgs", max_iter=500, random_state=0)
        return LinearModel(head, "alpha", [1 / c for c in STRENGTHS[::2]], _minus_log_loss)

    def as_line(self, head: Any, classes: int) -> Line:
        return Line(head.coefs_[0].T, head.intercepts_[0])

    def from_line(self, found: Array) -> Array:
        return _with(found, np.zeros(found.shape[:-1]))

    def targets(self, truth: Array, classes: int) -> Array:
        return truth.astype(np.float64)

    def as_targets(self, outputs: Array) -> Array:
        from scipy.special import expit

        return np.asarray(expit(outputs[:, :-1]))

    def lesson_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(logits, targets)


def _with(logits: Array, thresholds: Array) -> Array:
    return np.concatenate([logits, thresholds[..., None]], axis=-1)


def _sets(outputs: Array, truth: Array) -> tuple[Array, ...]:
    from scipy.special import expit

    return label_sets(outputs[:, :-1], expit(outputs[:, -1])), truth


def _minus_log_loss(pipeline: Any, features: Array, truth: Array) -> float:
    shares = np.clip(pipeline.predict_proba(features), 1e-7, 1 - 1e-7)
    return float(np.mean(np.where(truth, np.log(shares), np.log1p(-shares))))
