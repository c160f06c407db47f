"""Texts, or pairs of texts, into one of several classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._exceptions import DataError
from ..metrics import Scores
from ..metrics.classification import (
    CLASSIFICATION_METRICS,
    best_constant_score,
    classification_metrics,
)
from ..metrics.confusion_counts import score_of_classes
from ._fields import number_of
from ._problem import (
    PREDICTION,
    Encoding,
    Outputs,
    Predictions,
    Problem,
    Statistic,
    averaged_probabilities,
    named_outputs,
    values,
)
from .encoding import Encoded, encode_and_count

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


class Classification(Problem):
    """Rows have a `label` from 0 to classes - 1; predictions are `logits` (rows, classes)."""

    kind: ClassVar[str] = "classification"
    metrics: ClassVar[tuple[str, ...]] = CLASSIFICATION_METRICS
    answer: ClassVar[str] = "label"
    outputs: ClassVar[tuple[str, ...]] = ("logits",)
    named: ClassVar[bool] = True
    exclusive: ClassVar[bool] = True

    def head_settings(self, label_names: Sequence[str]) -> dict[str, Any]:
        return {**named_outputs(label_names), "problem_type": "single_label_classification"}

    def types(self, label_names: Sequence[str]) -> dict[str, Any]:
        from datasets import ClassLabel

        return {"label": ClassLabel(names=list(label_names))}

    def truth_of(self, row: Mapping[str, Any], label_names: Sequence[str]) -> dict[str, Any]:
        return {"label": number_of(row)}

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

    def class_counts(self, rows: Dataset, label_names: Sequence[str]) -> dict[str, int]:
        counts = Counter(values(rows, "label"))
        return {name: counts[number] for number, name in enumerate(label_names)}

    def strata(self, rows: Dataset) -> list[Hashable]:
        return values(rows, "label")

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

    def average(self, each: Sequence[Outputs], weights: Sequence[float] | None = None) -> Outputs:
        return averaged_probabilities(each, weights)

    def readable_names(self, label_names: Sequence[str]) -> list[str]:
        return [PREDICTION, *(f"probability_{name}" for name in label_names)]

    def readable(
        self, predictions: Predictions, label_names: Sequence[str]
    ) -> dict[str, list[Any]]:
        from scipy.special import softmax

        shares = softmax(predictions["logits"].astype("float64"), axis=1)
        columns = {f"probability_{n}": shares[:, i].tolist() for i, n in enumerate(label_names)}
        return {PREDICTION: [label_names[i] for i in shares.argmax(axis=1)], **columns}

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        return classification_metrics(predictions["logits"], np.array(values(rows, "label")))

    def statistics(self, predictions: Predictions, truths: Sequence[Any]) -> Iterator[Statistic]:
        labels, classes = np.asarray(truths), predictions["logits"].shape[1]
        predicted = predictions["logits"].argmax(axis=1)
        both = predicted, labels
        yield Statistic("accuracy", ((predicted == labels).astype(np.float64),))
        # Counts are all that the others need, so that a resample costs microseconds.
        for name in self.metrics[1:]:
            yield Statistic(name, both, partial(score_of_classes, name, classes))

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        return best_constant_score(values(rows, "label"), classes, metric)
