"""Texts, or pairs of texts, into one of several classes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .._exceptions import DataError
from ._problem import Encoding, Outputs, Predictions, Problem, Scores, values
from .encoding import Encoded, encode_and_count
from .metrics import CLASSIFICATION_METRICS, best_constant_score, classification_metrics

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


class Classification(Problem):
    """Rows have a `label` from 0 to classes - 1; predictions are `logits` (rows, classes)."""

    kind: ClassVar[str] = "classification"
    metrics: ClassVar[tuple[str, ...]] = CLASSIFICATION_METRICS
    answer: ClassVar[str] = "label"
    outputs: ClassVar[tuple[str, ...]] = ("logits",)

    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        unnamed = set(values(rows, "label")) - set(range(len(label_names)))
        if unnamed:
            raise DataError(
                f"{where} has the label {min(unnamed, key=str)!r}: "
                f"expected 0 to {len(label_names) - 1} ({', '.join(label_names)})"
            )

    def check_training_rows(self, rows: Dataset, where: str) -> None:
        if len(set(values(rows, "label"))) < 2:
            raise DataError(
                f"all training rows of {where} are of one class: expected two or more; "
                f"add rows of another class or draw more rows"
            )

    def strata(self, rows: Dataset) -> list[Hashable]:
        return values(rows, "label")

    def fewest_rows(self, rows: Dataset) -> int:
        return len(set(values(rows, "label")))

    def encode(
        self,
        rows: Dataset,
        columns: tuple[str, ...],
        tokenizer: PreTrainedTokenizerBase,
        encoding: Encoding,
    ) -> Encoded:
        return encode_and_count(rows, columns, tokenizer, encoding.max_length)

    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        return {"logits": np.stack(outputs["logits"])}

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        return classification_metrics(predictions["logits"], np.array(values(rows, "label")))

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        return best_constant_score(values(rows, "label"), classes, metric)
