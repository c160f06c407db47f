"""Texts, or pairs of texts, to one number."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._exceptions import DataError
from ..metrics import Scores
from ..metrics.regression import REGRESSION_METRICS, correlation, regression_metrics
from ._fields import number_of
from ._problem import (
    PREDICTION,
    Encoding,
    Outputs,
    Predictions,
    Problem,
    Statistic,
    values,
)
from .encoding import Encoded, encode_and_count

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

_STRATA = 10

GRADES = "grades"
"""The field of a model's configuration that has the grades of an ordinal task."""


class Regression(Problem):
    """Rows have a number as `label`; predictions are `value` (rows,)."""

    kind: ClassVar[str] = "regression"
    metrics: ClassVar[tuple[str, ...]] = REGRESSION_METRICS
    answer: ClassVar[str] = "label"
    outputs: ClassVar[tuple[str, ...]] = ("logits",)

    def head_settings(self, label_names: Sequence[str]) -> dict[str, Any]:
        return {"num_labels": 1, "problem_type": "regression", GRADES: None}

    def is_of(self, config: Mapping[str, Any]) -> bool:
        outputs = len(config.get("id2label") or {0: 0, 1: 1})
        return config.get("problem_type") == "regression" or outputs == 1

    def types(self, label_names: Sequence[str]) -> dict[str, Any]:
        from datasets import Value

        return {"label": Value("float64")}

    def truth_of(self, row: Mapping[str, Any], label_names: Sequence[str]) -> dict[str, Any]:
        return {"label": number_of(row)}

    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        for label in values(rows, "label"):
            if isinstance(label, bool) or not isinstance(label, int | float) or not isfinite(label):
                raise DataError(f"{where} has the label {label!r}: expected a finite number")

    def check_training_rows(self, rows: Dataset, where: str) -> None:
        if len(set(values(rows, "label"))) < 2:
            raise DataError(
                f"all training rows of {where} have the same number: expected two or more; "
                "add rows with another number or draw more rows; if they are names, such as 1.1 "
                "and 1.10, give `kind=classification`"
            )

    def strata(self, rows: Dataset) -> list[Hashable]:
        """Ten bins with about equally many rows each: draws keep the spread of the numbers."""
        labels = np.asarray(values(rows, "label"), dtype=np.float64)
        edges = np.quantile(labels, np.arange(1, _STRATA) / _STRATA)
        return list(np.searchsorted(edges, labels, side="right").tolist())

    def fewest_rows(self, rows: Dataset) -> int:
        return 2

    def encode(
        self,
        rows: Dataset,
        columns: tuple[str, ...],
        tokenizer: PreTrainedTokenizerBase,
        encoding: Encoding,
    ) -> Encoded:
        return encode_and_count(rows, columns, tokenizer, encoding.max_length)

    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        return {"value": np.stack(outputs["logits"])[:, 0]}

    def readable(
        self, predictions: Predictions, label_names: Sequence[str]
    ) -> dict[str, list[Any]]:
        return {PREDICTION: [float(value) for value in predictions["value"]]}

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        return regression_metrics(predictions["value"], values(rows, "label"))

    def statistics(self, predictions: Predictions, truths: Sequence[Any]) -> Iterator[Statistic]:
        both = predictions["value"], np.asarray(truths)
        for metric in REGRESSION_METRICS:
            yield Statistic(metric, both, partial(correlation, metric))

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        """Correlations are undefined for a constant prediction, so this is 0."""
        return 0.0
