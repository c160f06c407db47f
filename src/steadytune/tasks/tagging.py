"""Sentences of words with a tag each: entities such as persons and places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._exceptions import DataError
from ..metrics import Scores
from ..metrics.tagging import (
    OF_ENTITIES,
    OUTSIDE,
    TAGGING_METRICS,
    is_tag,
    sentence_counts,
    tagging_metrics,
    token_accuracy,
    type_of,
)
from ._fields import field_of, numbers_of
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
from .encoding import Encoded
from .words import UNREAD, encode_words

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

TOKENS = "tokens"
"""The column of the words of every such task."""

SCHEMES = "O, or B-, I-, E- or S- before a type, as in B-person (IOB1, IOB2 or IOBES)"


class Tagging(Problem):
    """Rows have words and a `label` of as many tags, both as a text with blanks between.

    Predictions are such `tags`, and the `logits` that they are of, shape (rows, words, tags), NaN
    where the model read no word. Such words, cut off or unknown to the tokenizer, are tagged `O`.
    """

    kind: ClassVar[str] = "tagging"
    metrics: ClassVar[tuple[str, ...]] = TAGGING_METRICS
    answer: ClassVar[str] = "label"
    outputs: ClassVar[tuple[str, ...]] = ("logits",)
    per_token: ClassVar[bool] = True
    auto_class: ClassVar[str] = "AutoModelForTokenClassification"
    pipeline: ClassVar[str] = "token-classification"
    columns: ClassVar[tuple[str, ...]] = (TOKENS,)
    named: ClassVar[bool] = True
    spelled: ClassVar[bool] = True

    def is_of(self, config: Mapping[str, Any]) -> bool:
        """Whether its labels are tags of entities; a model for parts of speech has others."""
        found = config.get("id2label")
        names = list(found.values()) if isinstance(found, dict) else []
        return OUTSIDE in names and all(map(is_tag, names))

    def head_settings(self, label_names: Sequence[str]) -> dict[str, Any]:
        return named_outputs(label_names)

    def types(self, label_names: Sequence[str]) -> dict[str, Any]:
        from datasets import Value

        return {"label": Value("string")}

    def texts_of(self, row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, str]:
        return {
            name: joined(field_of(row, name, _are_words, "a list of words")) for name in columns
        }

    def truth_of(self, row: Mapping[str, Any], label_names: Sequence[str]) -> dict[str, Any]:
        numbers = numbers_of(row, "tags", len(label_names))
        return {"label": " ".join(label_names[number] for number in numbers)}

    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        known, pairs = (
            set(label_names),
            zip(values(rows, TOKENS), values(rows, "label"), strict=True),
        )
        for number, (text, label) in enumerate(pairs, start=1):
            tags = str(label).split(" ")
            if strange := [tag for tag in tags if tag not in known]:
                raise DataError(
                    f"row {number} of {where} has the tag {strange[0]!r}: expected one of "
                    f"{', '.join(label_names)}"
                )
            if len(tags) != len(text.split(" ")):
                raise DataError(
                    f"row {number} of {where} has {len(text.split(' '))} words and {len(tags)} "
                    f"tags: expected a tag for each word"
                )

    def check_training_rows(self, rows: Dataset, where: str) -> None:
        if all(set(label.split(" ")) == {OUTSIDE} for label in values(rows, "label")):
            raise DataError(
                f"all training rows of {where} are tagged {OUTSIDE} alone: expected entities; add "
                f"rows with some or draw more rows"
            )

    def class_counts(self, rows: Dataset, label_names: Sequence[str]) -> dict[str, int]:
        """Type of entity -> number of rows that have one."""
        counts = Counter(kind for row in self._types(rows) for kind in row)
        kinds = dict.fromkeys(type_of(name) or name for name in label_names if name != OUTSIDE)
        return {kind: counts[kind] for kind in kinds}

    def strata(self, rows: Dataset) -> list[Hashable]:
        """The rarest type of each row, so that draws keep rows of every type; `O` for none."""
        found = self._types(rows)
        counts = Counter(kind for row in found for kind in row)
        return [min(row, key=lambda kind: (counts[kind], kind), default=OUTSIDE) for row in found]

    def encode(
        self,
        rows: Dataset,
        columns: tuple[str, ...],
        tokenizer: PreTrainedTokenizerBase,
        encoding: Encoding,
    ) -> Encoded:
        (column,) = columns
        return encode_words(rows, column, tokenizer, encoding.max_length, encoding.label_names)

    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        assert encoded.words is not None
        names, places = encoded.words.label_names, encoded.words.places
        most = max(
            (int(np.flatnonzero(row != UNREAD).max(initial=-1)) + 1 for row in places), default=0
        )
        logits = np.full((len(places), most, len(names)), np.nan, dtype=np.float32)
        tags = []
        for number, (row, given) in enumerate(zip(places, outputs["logits"], strict=True)):
            read = np.flatnonzero(row != UNREAD)
            logits[number, read] = given[row[read]]
            found = [OUTSIDE] * len(row)
            for word, best in zip(read, given[row[read]].argmax(axis=1), strict=True):
                found[word] = names[best]
            tags.append(" ".join(found))
        return {"tags": np.array(tags, dtype=np.str_), "logits": logits}

    def average(self, each: Sequence[Outputs], weights: Sequence[float] | None = None) -> Outputs:
        """Probabilities of tokens are averaged."""
        return averaged_probabilities(each, weights)

    def readable_names(self, label_names: Sequence[str]) -> list[str]:
        return [PREDICTION, "lowest_probability"]

    def readable(
        self, predictions: Predictions, label_names: Sequence[str]
    ) -> dict[str, list[Any]]:
        """The tags, and the probability of the one that is least sure in each row."""
        from scipy.special import softmax

        shares = softmax(predictions["logits"].astype(np.float64), axis=-1).max(axis=-1)
        least = np.fmin.reduce(shares, axis=1, initial=1.0)
        return {
            PREDICTION: [str(tags) for tags in predictions["tags"]],
            "lowest_probability": [float(share) for share in least],
        }

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        return tagging_metrics(predictions["tags"].tolist(), values(rows, "label"))

    def statistics(self, predictions: Predictions, truths: Sequence[Any]) -> Iterator[Statistic]:
        """Sentences are drawn again, with all their words."""
        counts = sentence_counts(predictions["tags"].tolist(), truths).T
        for name, of in OF_ENTITIES.items():
            yield Statistic(name, tuple(counts[:3]), of)
        yield Statistic("accuracy", tuple(counts[3:]), token_accuracy)

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        """Of `O` for every word: it finds no entity."""
        if metric != "accuracy":
            return 0.0
        counts = Counter(tag for label in values(rows, "label") for tag in label.split(" "))
        return max(counts.values()) / counts.total()

    def _types(self, rows: Dataset) -> list[set[str]]:
        labels = (label.split(" ") for label in values(rows, "label"))
        return [{type_of(tag) or tag for tag in row if tag != OUTSIDE} for row in labels]


def joined(words: Sequence[str]) -> str:
    """Words as a text with blanks between; a blank within a word becomes an underscore."""
    return " ".join("_".join(word.split()) for word in words)


def _are_words(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(word, str) and word.strip() for word in value)
    )
