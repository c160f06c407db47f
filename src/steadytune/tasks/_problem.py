"""What a kind of task needs: how its rows are checked, encoded, predicted and scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .encoding import Encoded

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

Scores = dict[str, float | None]
"""Metric -> value; None stands for what is undefined."""

Outputs = dict[str, list[NDArray[np.float32]]]
"""Name of a model's output -> one array a feature, in the order of the features."""

Predictions = dict[str, NDArray[Any]]
"""What is kept of a prediction -> one entry a row, in the order of the rows."""


@dataclass(frozen=True)
class Encoding:
    """How texts become token numbers.

    Args:
        max_length: Most tokens an input, special ones included.
        stride: Tokens that two neighbouring windows over a long context share (question
            answering).
    """

    max_length: int = 128
    stride: int = 128


class Problem(ABC):
    """A kind of task. Its subclasses are final and have no state."""

    kind: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]
    """Metrics that can be the primary one, the higher the better; the first is the default."""
    answer: ClassVar[str]
    """The column that holds the truth."""
    outputs: ClassVar[tuple[str, ...]]
    """The names of the model's outputs that predictions are made of."""
    per_token: ClassVar[bool] = False
    """Whether these outputs have an entry for each token."""
    usual_length: ClassVar[int] = 128
    """Most tokens an input of this kind usually has."""

    @abstractmethod
    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        """Look at every truth.

        Args:
            rows: The rows of one split.
            label_names: Names of the classes, where there are classes.
            where: What the rows are, for the text of an error.

        Raises:
            DataError: A row has no truth of this kind.
        """

    @abstractmethod
    def check_training_rows(self, rows: Dataset, where: str) -> None:
        """Could anything be learned from these rows?

        Raises:
            DataError: No.
        """

    def sources(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The text columns in which rows to choose by must differ from those trained on."""
        return columns

    @abstractmethod
    def strata(self, rows: Dataset) -> list[Hashable]:
        """One entry a row: draws keep the share of each value."""

    @abstractmethod
    def fewest_rows(self, rows: Dataset) -> int:
        """Fewest rows that can be drawn of these to train on."""

    @abstractmethod
    def encode(
        self,
        rows: Dataset,
        columns: tuple[str, ...],
        tokenizer: PreTrainedTokenizerBase,
        encoding: Encoding,
    ) -> Encoded:
        """Make features of rows; those of rows with a truth hold the targets too.

        Raises:
            ConfigError: The lengths leave no room for text, or are more than the model takes.
        """

    @abstractmethod
    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        """Make predictions of what the model gave for the features of `encoded`."""

    @abstractmethod
    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        """All metrics of these predictions."""

    @abstractmethod
    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        """The highest score that one and the same prediction for every row can reach.

        Where the metric is undefined for a constant prediction, 0 stands for it.
        """


def values(rows: Dataset, column: str) -> list[Any]:
    """A column as Python values, without the caller's format, which could make tensors of them."""
    return list(rows.with_format(None)[column][:])


def with_identity(predictions: Predictions, rows: Dataset) -> Predictions:
    """The predictions beside each row's `idx`, and its `label` where it has one."""
    columns = [name for name in ("idx", "label") if name in rows.column_names]
    return {**{name: np.array(values(rows, name)) for name in columns}, **predictions}
