"""Texts, or pairs of texts, with several labels each, or none."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import compress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._exceptions import DataError
from ..metrics import Scores
from ..metrics.multilabel import (
    MULTILABEL_METRICS,
    OF_SETS,
    THRESHOLD,
    USUAL_THRESHOLD,
    best_constant_score,
    best_threshold,
    label_sets,
    mean_logits,
    multilabel_metrics,
)
from ._fields import numbers_of
from ._problem import (
    PREDICTION,
    Encoding,
    Outputs,
    Predictions,
    Problem,
    Statistic,
    named_outputs,
    values,
)
from .encoding import Encoded, encode_and_count

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

BETWEEN = "|"
"""What stands between two labels in predictions that people read."""


class Multilabel(Problem):
    """Rows have a `label` of zeros and ones; predictions are `logits` and `decision_threshold`.

    A label is predicted where its probability reaches the threshold, which is one half unless it
    was chosen on validation examples.
    """

    kind: ClassVar[str] = "multilabel"
    metrics: ClassVar[tuple[str, ...]] = MULTILABEL_METRICS
    answer: ClassVar[str] = "label"
    outputs: ClassVar[tuple[str, ...]] = ("logits",)
    named: ClassVar[bool] = True
    choices: ClassVar[Mapping[str, float]] = MappingProxyType({THRESHOLD: USUAL_THRESHOLD})

    def head_settings(self, label_names: Sequence[str]) -> dict[str, Any]:
        return {**named_outputs(label_names), "problem_type": "multi_label_classification"}

    def is_of(self, config: Mapping[str, Any]) -> bool:
        return config.get("problem_type") == "multi_label_classification"

    def types(self, label_names: Sequence[str]) -> dict[str, Any]:
        from datasets import List, Value

        return {"label": List(Value("float32"))}

    def truth_of(self, row: Mapping[str, Any], label_names: Sequence[str]) -> dict[str, Any]:
        numbers = numbers_of(row, "labels", len(label_names))
        return {"label": indicators(numbers, len(label_names))}

    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        for label in values(rows, "label"):
            fits = isinstance(label, list) and len(label) == len(label_names)
            if not fits or any(value not in (0, 1) for value in label):
                raise DataError(
                    f"{where} has the label {str(label)[:60]}: expected a list of "
                    f"{len(label_names)} zeros and ones, one per label ({', '.join(label_names)})"
                )

    def check_training_rows(self, rows: Dataset, where: str) -> None:
        if len(set(map(tuple, values(rows, "label")))) < 2:
            raise DataError(
                f"all training rows of {where} have the same labels: expected two different sets "
                f"or more; add rows with other labels or draw more rows"
            )

    def class_counts(self, rows: Dataset, label_names: Sequence[str]) -> dict[str, int]:
        totals = _matrix(values(rows, "label")).sum(axis=0)
        return {name: int(totals[number]) for number, name in enumerate(label_names)}

    def strata(self, rows: Dataset) -> list[Hashable]:
        """The rarest label of each row, so that draws keep rows of every label; -1 for none."""
        matrix = _matrix(values(rows, "label"))
        frequent = np.where(matrix, matrix.sum(axis=0), len(matrix) + 1)
        return list(np.where(matrix.any(axis=1), frequent.argmin(axis=1), -1).tolist())

    def fewest_rows(self, rows: Dataset) -> int:
        return 2

    def encode(
        self,
        rows: Dataset,
        columns: tuple[str, ...],
        tokenizer: PreTrainedTokenizerBase,
        encoding: Encoding,
    ) -> Encoded:
        return encode_and_count(rows, columns, tokenizer, encoding.max_length, _floats)

    def choose(
        self, outputs: Outputs, encoded: Encoded, rows: Dataset, metric: str
    ) -> dict[str, float]:
        truth = _matrix(values(rows, "label"))
        return {THRESHOLD: best_threshold(np.stack(outputs["logits"]), truth, metric)}

    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        return {name: np.stack(outputs[name]) for name in ("logits", THRESHOLD)}

    def average(self, each: Sequence[Outputs], weights: Sequence[float] | None = None) -> Outputs:
        """The mean of the members' probabilities, and of their thresholds."""
        members = zip(*(outputs["logits"] for outputs in each), strict=True)
        logits = [mean_logits(np.stack(m), weights).astype(np.float32) for m in members]
        return {**super().average(each, weights), "logits": logits}

    def readable_names(self, label_names: Sequence[str]) -> list[str]:
        return [PREDICTION, *(f"probability_{name}" for name in label_names)]

    def readable(
        self, predictions: Predictions, label_names: Sequence[str]
    ) -> dict[str, list[Any]]:
        from scipy.special import expit

        shares = expit(predictions["logits"].astype("float64"))
        columns = {f"probability_{n}": shares[:, i].tolist() for i, n in enumerate(label_names)}
        sets = label_sets(predictions["logits"], predictions[THRESHOLD])
        named = [BETWEEN.join(compress(label_names, row)) for row in sets]
        return {PREDICTION: named, **columns}

    def renumbered(self, truths: list[Any], numbers: Sequence[int], classes: int) -> list[Any]:
        held = ([numbers[place] for place, holds in enumerate(row) if holds] for row in truths)
        return [indicators(row, classes) for row in held]

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        truth = _matrix(values(rows, "label"))
        return multilabel_metrics(predictions["logits"], truth, predictions[THRESHOLD])

    def statistics(self, predictions: Predictions, truths: Sequence[Any]) -> Iterator[Statistic]:
        both = label_sets(predictions["logits"], predictions[THRESHOLD]), _matrix(truths)
        for name, of in OF_SETS.items():
            yield Statistic(name, both, of)

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        return best_constant_score(_matrix(values(rows, "label")), metric)


def indicators(numbers: Sequence[int], labels: int) -> list[float]:
    """Labels by their numbers as a list of zeros and ones."""
    return [float(number in numbers) for number in range(labels)]


def _floats(label: Sequence[float]) -> list[float]:
    """The loss takes no whole numbers."""
    return [float(value) for value in label]


def _matrix(rows: Sequence[Any]) -> Any:
    return np.asarray(rows, dtype=np.float32).astype(bool)
