"""Texts, or pairs of texts, to one of a few grades in an order, such as 1 to 5 stars.

A model learns the grade as a number; what it predicts is the grade nearest to its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._counted import counted
from .._exceptions import DataError
from ..metrics import Scores
from ..metrics.ordinal import (
    GRADE,
    OF_GRADES,
    ORDINAL_METRICS,
    best_constant_score,
    nearest,
    ordinal_metrics,
)
from ._problem import PREDICTION, Encoding, Outputs, Predictions, Statistic, values
from .encoding import Encoded
from .regression import GRADES, Regression

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

MOST_GRADES = 50
LARGEST_GRADE = 10**6


class Ordinal(Regression):
    """Rows have a whole number as `label`; predictions are `value` and the `grade` nearest to it.

    The names of its classes are the grades of the training file, ascending.
    """

    kind: ClassVar[str] = "ordinal"
    reading: ClassVar[str] = (
        "The model gives a number; the prediction is the nearest of `grades` in `config.json`."
    )
    metrics: ClassVar[tuple[str, ...]] = ORDINAL_METRICS

    def head_settings(self, label_names: Sequence[str]) -> dict[str, Any]:
        return {**super().head_settings(label_names), GRADES: [int(name) for name in label_names]}

    def is_of(self, config: Mapping[str, Any]) -> bool:
        return super().is_of(config) and _are_grades(config.get(GRADES))

    def names_of(self, config: Any) -> tuple[str, ...]:
        return tuple(map(str, getattr(config, GRADES)))

    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        super().check_rows(rows, label_names, where)
        for label in values(rows, "label"):
            if not is_grade(label):
                raise DataError(
                    f"{where} has the label {label!r}: expected a grade, which is a whole number; "
                    "for other numbers give `kind=regression`"
                )

    def check_training_rows(self, rows: Dataset, where: str) -> None:
        found = set(values(rows, "label"))
        if not 2 <= len(found) <= MOST_GRADES:
            raise DataError(
                f"the training rows of {where} have {counted(found, 'different grade')}: expected "
                f"2 to {MOST_GRADES}; add rows with others, or give `kind=regression`"
            )

    def class_counts(self, rows: Dataset, label_names: Sequence[str]) -> dict[str, int]:
        counts = Counter(values(rows, "label"))
        return {name: counts[int(name)] for name in label_names}

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
        encoded = super().encode(rows, columns, tokenizer, encoding)
        return replace(encoded, grades=tuple(map(int, encoding.label_names)))

    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        found = super().predict(outputs, encoded, rows)
        return {**found, GRADE: nearest(found["value"], encoded.grades)}

    def readable_names(self, label_names: Sequence[str]) -> list[str]:
        return [PREDICTION, f"raw_{PREDICTION}"]

    def readable(
        self, predictions: Predictions, label_names: Sequence[str]
    ) -> dict[str, list[Any]]:
        (numbers,) = super().readable(predictions, label_names).values()
        return {PREDICTION: predictions[GRADE].tolist(), f"raw_{PREDICTION}": numbers}

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        return ordinal_metrics(predictions["value"], predictions[GRADE], values(rows, "label"))

    def statistics(self, predictions: Predictions, truths: Sequence[Any]) -> Iterator[Statistic]:
        both = predictions[GRADE], np.asarray(truths)
        for metric, of in OF_GRADES.items():
            yield Statistic(metric, both, of)

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        return best_constant_score(values(rows, "label"), metric)


def is_grade(value: float) -> bool:
    """Whether a number is whole, and not too large for a grade."""
    return abs(value) <= LARGEST_GRADE and float(value).is_integer()


def _are_grades(found: Any) -> bool:
    """Whether this is what a model keeps of its grades: whole numbers, ascending."""
    if not isinstance(found, list) or not all(type(n) is int and is_grade(n) for n in found):
        return False
    return len(found) > 1 and found == sorted(set(found))
