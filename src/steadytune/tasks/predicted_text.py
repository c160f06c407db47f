"""Kinds of tasks whose prediction is a text."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from ._problem import PREDICTION, Predictions, Problem

if TYPE_CHECKING:
    from datasets import Dataset


class PredictedText(Problem):
    """Predictions are `text` and `score`; there are no classes."""

    def head_settings(self, label_names: Sequence[str]) -> dict[str, Any]:
        """The head is the same for any texts."""
        return {}

    def strata(self, rows: Dataset) -> list[Hashable]:
        """All rows are of one kind."""
        return [None] * len(rows)

    def readable_names(self, label_names: Sequence[str]) -> list[str]:
        return [PREDICTION, "score"]

    def readable(
        self, predictions: Predictions, label_names: Sequence[str]
    ) -> dict[str, list[Any]]:
        scores = [float(score) for score in predictions["score"]]
        return {PREDICTION: predictions["text"].tolist(), "score": scores}
