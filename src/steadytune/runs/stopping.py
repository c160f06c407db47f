"""Stopping early: the validation rows are scored after each epoch, and the best epoch is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transformers import EarlyStoppingCallback

from ..tasks import Encoded, Problem, Scores
from .evaluation import are_finite, choose, model_outputs


@dataclass(frozen=True, eq=False)
class DevRows:
    """Validation rows, and how they are scored.

    Args:
        problem: The kind of task.
        encoded: Their features.
        rows: The rows.
        metric: The primary metric.
        tokenizer: For padding.
        on_batch: Called after every batch.
    """

    problem: Problem
    encoded: Encoded
    rows: Any
    metric: str
    tokenizer: Any
    on_batch: Callable[[], None]

    def scores(self, model: Any) -> Scores | None:
        """All metrics of the model as it is; None if an output is not finite."""
        features = self.encoded.dataset
        outputs = model_outputs(model, self.tokenizer, features, self.problem, self.on_batch)
        if not are_finite(outputs):
            return None
        outputs = choose(model, self.problem, outputs, self.encoded, self.rows, self.metric)
        predictions = self.problem.predict(outputs, self.encoded, self.rows)
        return self.problem.score(predictions, self.rows)


class AlreadyEnded(Exception):
    """The training that is to be resumed had ended."""


class EarlyStop(EarlyStoppingCallback):  # type: ignore[misc]
    """Stops when the score has not risen for a number of epochs, also where that was before."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Look at what a checkpoint tells."""
        super().on_train_begin(args, state, control, **kwargs)
        if self.early_stopping_patience_counter >= self.early_stopping_patience:
            raise AlreadyEnded
