"""What a kind of task needs: how its rows are checked, encoded, predicted and scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._exceptions import ConfigError
from ..metrics import Scores
from ..metrics.mixture import log_mixture
from ._fields import text_of
from .encoding import LONGEST_ANSWER, MAX_NEW_TOKENS, Encoded

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

Outputs = dict[str, list[NDArray[Any]]]
"""Name of a model's output, or of one of `Problem.choices` -> one array a feature, in order."""

Predictions = dict[str, NDArray[Any]]
"""What is kept of a prediction -> one entry per row, in the order of the rows."""

PREDICTION = "prediction"
"""The column that says what a model predicts."""


@dataclass(frozen=True)
class Encoding:
    """How texts become token numbers.

    Args:
        max_length: Most tokens an input, special ones included.
        stride: Tokens that two neighbouring windows over a long context share (question
            answering).
        longest_answer: Most tokens an answer that is predicted (question answering).
        label_names: The classes in the order of their numbers, where rows name their classes
            (`Problem.spelled`); the grades where there are grades.
        max_new_tokens: Most tokens a text that is generated, and a target that is trained on.
    """

    max_length: int = 128
    stride: int = 128
    longest_answer: int = LONGEST_ANSWER
    label_names: tuple[str, ...] = ()
    max_new_tokens: int = MAX_NEW_TOKENS

    def __post_init__(self) -> None:
        if self.longest_answer < 1:
            raise ConfigError(
                f"max_answer_length {self.longest_answer} leaves no token: expected 1 or more"
            )


@dataclass(frozen=True)
class Statistic:
    """A metric as a function of rows, so that rows can be drawn again.

    Args:
        metric: Its name.
        arrays: One entry per row each.
        of: The metric of these arrays; None stands for the mean of the only one.
    """

    metric: str
    arrays: tuple[NDArray[Any], ...]
    of: Callable[..., float | None] | None = None


class Problem(ABC):
    """A kind of task. Its subclasses are final and have no state."""

    kind: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]
    """Metrics that can be the primary one, the higher the better; the first is the default."""
    answer: ClassVar[str]
    """The column that holds the truth."""
    columns: ClassVar[tuple[str, ...]] = ()
    """The text columns of each such task; none where a task can have columns of its own."""
    outputs: ClassVar[tuple[str, ...]]
    """The names of the model's outputs that predictions are made of."""
    per_token: ClassVar[bool] = False
    """Whether these outputs have an entry for each token."""
    usual_length: ClassVar[int] = 128
    """Most tokens an input of this kind usually has."""
    windows: ClassVar[bool] = False
    """Whether a longer input is read in windows; else it is cut."""
    too_long: ClassVar[str] = (
        "answers of more than {most} tokens, which no prediction can have: {shares}; `evaluate` "
        "and `predict` take a larger `max_answer_length`"
    )
    """What is said of rows whose answer has more tokens than a prediction."""
    auto_class: ClassVar[str] = "AutoModelForSequenceClassification"
    """The class of transformers that loads a model with such a head."""
    pipeline: ClassVar[str] = "text-classification"
    """The task of the hub that such models are listed under; empty where it lists none."""
    reading: ClassVar[str] = ""
    """How outputs become a prediction, where a pipeline of transformers does not do it."""
    named: ClassVar[bool] = False
    """Whether what is predicted has names: a model's outputs are called by them."""
    spelled: ClassVar[bool] = False
    """Whether the truth of a row names its classes; else it has their numbers."""
    exclusive: ClassVar[bool] = False
    """Whether a row is of one class, and of no other."""
    generates: ClassVar[bool] = False
    """Whether the model writes a text, with the head that it was pretrained with."""
    covers: ClassVar[tuple[str, ...]] = ()
    """Other kinds: rows of theirs are rows of this one too."""
    choices: ClassVar[Mapping[str, float]] = MappingProxyType({})
    """Fields of a model's configuration that validation examples decide -> their usual values."""

    def has_head(self, architecture: str) -> bool:
        """Whether a class of transformers is a model with such a head."""
        return architecture.endswith(self.auto_class.removeprefix("AutoModel"))

    def is_of(self, config: Mapping[str, Any]) -> bool:
        """Whether a model with such a head and this configuration is for tasks of this kind."""
        return True

    def names_of(self, config: Any) -> tuple[str, ...]:
        """The names of the classes of a model with this configuration; none where none are."""
        classes = range(config.num_labels if self.named else 0)
        return tuple(str(config.id2label[number]) for number in classes)

    @abstractmethod
    def head_settings(self, label_names: Sequence[str]) -> dict[str, Any]:
        """Fields of a model's configuration that a new head depends on."""

    @abstractmethod
    def types(self, label_names: Sequence[str]) -> dict[str, Any]:
        """The types of the columns of `truth_of`, as features of `datasets`."""

    def texts_of(self, row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, str]:
        """The texts of a row of a named task's file, by column.

        Raises:
            ValueError: The row lacks one; the text is what was found and expected.
        """
        return {name: text_of(row, name) for name in columns}

    @abstractmethod
    def truth_of(self, row: Mapping[str, Any], label_names: Sequence[str]) -> dict[str, Any]:
        """The truth of a row of a named task's file, and what belongs to it, by column.

        Raises:
            ValueError: The row has none; the text is what was found and expected.
        """

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

    def class_counts(self, rows: Dataset, label_names: Sequence[str]) -> dict[str, int]:
        """Name -> number of rows of that class; none where there are no classes."""
        return {}

    def sources(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The text columns in which validation rows must differ from those trained on."""
        return columns

    @abstractmethod
    def strata(self, rows: Dataset) -> list[Hashable]:
        """One entry per row: draws keep the share of each value."""

    def fewest_rows(self, rows: Dataset) -> int:
        """Fewest rows that can be drawn of these to train on: one of each stratum."""
        return len(set(self.strata(rows)))

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

    def prepare(self, model: Any, max_new_tokens: int | None = None) -> None:
        """Set how a model generates, which it keeps; None leaves the length as it is."""
        return None

    def run(self, model: Any, tokenizer: Any, batch: Mapping[str, Any]) -> Outputs:
        """What a model gives for a padded batch, without gradients.

        Args:
            model: The model, in evaluation mode.
            tokenizer: Its tokenizer.
            batch: The inputs, on the model's device.

        Returns:
            `outputs` of each feature; those that have an entry for each token without pads.
        """
        found, masks = model(**batch), batch["attention_mask"].bool().cpu().numpy()
        every = {name: found[name].float().cpu().numpy() for name in self.outputs}
        if not self.per_token:
            return {name: list(rows) for name, rows in every.items()}
        return {
            name: [row[mask] for row, mask in zip(rows, masks, strict=True)]
            for name, rows in every.items()
        }

    def choose(
        self, outputs: Outputs, encoded: Encoded, rows: Dataset, metric: str
    ) -> dict[str, float]:
        """The values of `choices` that give the highest metric on validation rows."""
        return {}

    @abstractmethod
    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        """Make predictions of what the model gave for the features of `encoded`."""

    def average(self, each: Sequence[Outputs], weights: Sequence[float] | None = None) -> Outputs:
        """What an ensemble gives: the mean of its members' outputs for the same features.

        Args:
            each: The members' outputs.
            weights: What each member counts for; by default all count alike.
        """
        return {
            name: [_mean(arrays, weights) for arrays in zip(*(o[name] for o in each), strict=True)]
            for name in each[0]
        }

    @abstractmethod
    def readable(
        self, predictions: Predictions, label_names: Sequence[str]
    ) -> dict[str, list[Any]]:
        """Predictions as columns that people read: `prediction`, and how sure it is."""

    def readable_names(self, label_names: Sequence[str]) -> list[str]:
        """The names of the columns of `readable`."""
        return [PREDICTION]

    def doubts(self, scores: Scores) -> list[str]:
        """What looks wrong in predictions with these scores, the rest of a sentence each."""
        return []

    def renumbered(self, truths: list[Any], numbers: Sequence[int], classes: int) -> list[Any]:
        """Truths of named classes with other numbers for these.

        Args:
            truths: One a row, as the column of the truth has them.
            numbers: One a class: its new number.
            classes: How many classes the new numbers are of.
        """
        return [numbers[label] for label in truths]

    @abstractmethod
    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        """All metrics of these predictions."""

    def truths(self, rows: Dataset) -> list[Any]:
        """The truth of each row, for `statistics`."""
        return values(rows, self.answer)

    @abstractmethod
    def statistics(self, predictions: Predictions, truths: Sequence[Any]) -> Iterator[Statistic]:
        """Each of `metrics` as a function of rows, so that its interval can be bootstrapped."""

    @abstractmethod
    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        """The highest score that one and the same prediction for every row can reach.

        Of generated texts, that of the most frequent target. Where the metric is undefined for a
        constant prediction, 0 stands for it.
        """


def _mean(arrays: Sequence[NDArray[Any]], weights: Sequence[float] | None) -> Any:
    return np.average(np.stack(arrays).astype(np.float64), axis=0, weights=weights).astype(
        np.float32
    )


def values(rows: Dataset, column: str) -> list[Any]:
    """A column as Python values, without the caller's format, which could make tensors of them."""
    return list(rows.with_format(None)[column][:])


def named_outputs(label_names: Sequence[str]) -> dict[str, Any]:
    """Fields of the configuration of a model whose outputs have names."""
    return {
        "num_labels": len(label_names),
        "id2label": dict(enumerate(label_names)),
        "label2id": {label: number for number, label in enumerate(label_names)},
    }


def with_identity(predictions: Predictions, rows: Dataset) -> Predictions:
    """The predictions beside each row's `idx`, and its `label` where it has one."""
    columns = [name for name in ("idx", "label") if name in rows.column_names]
    return {**{name: np.array(values(rows, name)) for name in columns}, **predictions}


def averaged_probabilities(
    each: Sequence[Outputs], weights: Sequence[float] | None = None
) -> Outputs:
    """The logarithms of the mean probabilities of several models' logits, row by row."""
    members = zip(*(outputs["logits"] for outputs in each), strict=True)
    return {
        "logits": [log_mixture(np.stack(logits), weights).astype(np.float32) for logits in members]
    }
