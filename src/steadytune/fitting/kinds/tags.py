"""A tag on each word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from ..._counted import counted
from ..._exceptions import DataError
from ...metrics.tagging import OF_ENTITIES, OUTSIDE, sentence_counts, token_accuracy
from ...tasks import Predictions, Task
from ...tasks._problem import values
from ..measure import Measure
from ._kind import Array, AsClasses, LinearModel
from .classes import OfClasses

if TYPE_CHECKING:
    from datasets import Dataset

_EQUAL = 1e-9
"""Logits that differ by less are those of a word that is not read, averaged with others."""

_NO_WORD = -1
"""The truth behind the last word of a sentence."""


@final
class Tags(OfClasses):
    """Outputs are logits, (sentences, words, tags); probabilities of each word are averaged.

    Words that the model does not read have logits of 0 alone, as places behind the last word have.
    They are `O`, and no temperature changes that.
    """

    kind: ClassVar[str] = "tagging"
    # A linear model on single words is sure of `O`: of wnut17 it left half of what seeds find.
    blends: ClassVar[bool] = False
    teaches: ClassVar[bool] = False

    def truth(self, rows: Dataset, label_names: Sequence[str]) -> Array:
        """The number of each word's tag, (sentences, words); -1 behind the last word."""
        number = {tag: place for place, tag in enumerate(label_names)}
        each = [
            [number[tag] for tag in label.split(" ")] for label in values(rows, self.problem.answer)
        ]
        found = np.full((len(each), max(map(len, each))), _NO_WORD)
        for row, numbers in zip(found, each, strict=True):
            row[: len(numbers)] = numbers
        return found

    def require(self, task: Task, groups: Array) -> None:
        strata = task.problem.strata(task.train)
        spread = Counter(kind for kind, _ in set(zip(strata, groups.tolist(), strict=True)))
        del spread[OUTSIDE]
        if max(spread.values(), default=0) < 2:
            tagged = counted(len(strata) - strata.count(OUTSIDE), "training sentence")
            raise DataError(
                f"{task.name} has {tagged} with entities: expected two different ones or more "
                "with the same type; add examples"
            )

    def shape(self, truth: Array, classes: int) -> tuple[int, ...]:
        return *truth.shape, classes

    def measure(self, task: Task, asked: str | None) -> Measure:
        """As seqeval has it; of sentences, whose counts of entities are found once."""
        counts = partial(_counts, task.label_names)
        of = partial(_of_counts, task.metric)
        return Measure(task.metric, of, percent=True, rows=counts)

    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        assert truth is not None
        logits = np.asarray(predictions["logits"], dtype=np.float64)
        outputs = np.zeros(self.shape(truth, logits.shape[-1]))
        outputs[:, : logits.shape[1]] = np.nan_to_num(logits, nan=0.0)
        return outputs

    def loss(self, outputs: Array, truth: Array) -> float:
        classes = self.as_classes(outputs[None], truth)
        return super().loss(classes.logits[0], classes.labels) if len(classes.labels) else 0.0

    def as_classes(self, outputs: Array, truth: Array) -> AsClasses:
        """Each word that the model reads."""
        read = _read(outputs[0]) & (truth != _NO_WORD)
        return AsClasses(outputs[:, read], truth[read], np.nonzero(read)[0])

    def linear_model(self) -> LinearModel:
        """Of single words, which are many: few strengths are tried, on one fold."""
        from sklearn.linear_model import LogisticRegression

        head = LogisticRegression(max_iter=200)
        return LinearModel(head, "C", (0.01, 0.1, 1.0), _minus_log_loss, folds=1)


def _read(outputs: Array) -> Array:
    """Which words the model reads, (sentences, words)."""
    return np.asarray(np.ptp(outputs, axis=-1) > _EQUAL)


def _counts(names: Sequence[str], outputs: Array, truth: Array) -> tuple[Array, ...]:
    """Of each sentence: right, predicted and true entities; right words, and all words."""
    found = np.where(_read(outputs), outputs.argmax(axis=-1), list(names).index(OUTSIDE))
    said, true = (_texts(names, numbers, truth != _NO_WORD) for numbers in (found, truth))
    return tuple(sentence_counts(said, true).T)


def _texts(names: Sequence[str], numbers: Array, is_word: Array) -> list[str]:
    rows = zip(numbers, is_word, strict=True)
    return [" ".join(names[number] for number in row[words]) for row, words in rows]


def _of_counts(metric: str, *counts: Array) -> float | None:
    if metric == "accuracy":
        return token_accuracy(*counts[3:])
    return OF_ENTITIES[metric](*counts[:3])


def _minus_log_loss(pipeline: Any, features: Array, truth: Array) -> float:
    """Of the words whose tags were trained on."""
    known, shares = pipeline.classes_, pipeline.predict_log_proba(features)
    there = np.isin(truth, known)
    return float(shares[there, np.searchsorted(known, truth[there])].mean())
