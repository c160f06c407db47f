"""Scores of tagged tokens over entities, as seqeval defines them; undefined is None, never NaN.

Tags are `O`, or `B`, `I`, `E` or `S`, a hyphen and a type. An entity begins where any of the
schemes IOB1, IOB2 and IOBES lets it begin, so that none has to be named (seqeval's default mode).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import Scores

TAGGING_METRICS = ("f1", "precision", "recall", "accuracy")
"""Metrics that a task of tagging can have as its primary one."""

OUTSIDE = "O"
"""The tag of a token that belongs to no entity."""

_TAG = re.compile(r"O|[BIES](-\S+)?")

Array = NDArray[Any]


def is_tag(text: object) -> bool:
    """Whether a text is a tag of one of the schemes."""
    return isinstance(text, str) and _TAG.fullmatch(text) is not None


def type_of(tag: str) -> str:
    """The type of a tag's entity; empty where the tag names none."""
    return tag.partition("-")[2]


@dataclass(frozen=True, eq=False)
class Codes:
    """Tags as numbers.

    Args:
        prefixes: The first letter of each tag.
        types: The number of each tag's type.
    """

    prefixes: Array
    types: Array

    def __getitem__(self, places: Array) -> Codes:
        return Codes(self.prefixes[places], self.types[places])


def codes(tags: Sequence[str]) -> Codes:
    """Tags as numbers; types get theirs in the order of their names."""
    types = sorted({type_of(tag) for tag in tags})
    numbers = [types.index(type_of(tag)) for tag in tags]
    return Codes(np.array([tag[0] for tag in tags], dtype="U1"), np.array(numbers, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Entities:
    """The entities of a sequence.

    Args:
        ends: One a token: the place of the last token of the entity that begins there, or -1.
        types: One a token: the number of its type.
    """

    ends: Array
    types: Array

    @property
    def begin(self) -> Array:
        """Whether an entity begins at each token."""
        found: Array = self.ends >= 0
        return found

    def shared(self, other: Entities) -> Array:
        """Whether at each token an entity begins that the other has too."""
        found: Array = self.begin & (self.ends == other.ends) & (self.types == other.types)
        return found


def entities(tags: Codes) -> Entities:
    """The entities of one sequence of tags; an `O` must stand between two sentences."""
    first, types = tags.prefixes, tags.types
    before, type_before = np.append(OUTSIDE, first[:-1]), np.append(-1, types[:-1])
    inside = first != OUTSIDE
    begin = inside & (
        np.isin(before, (OUTSIDE, "E", "S")) | np.isin(first, ("B", "S")) | (type_before != types)
    )
    goes_on = np.append((inside & ~begin)[1:], False)
    ends = np.full(len(first), -1)
    ends[begin] = np.flatnonzero(inside & ~goes_on)
    return Entities(ends, types)


def sentence_counts(predicted: Iterable[str], truth: Iterable[str]) -> Array:
    """What the metrics are made of, one row a sentence.

    Args:
        predicted: The tags of each sentence, with blanks between them.
        truth: The true tags, as many in each sentence.

    Returns:
        Shape (sentences, 5): entities that are right, predicted and true; tokens whose tag is
        right, and all tokens.

    Raises:
        ValueError: A sentence has another number of tags than predicted.
    """
    found, true = ([row.split(" ") for row in rows] for rows in (predicted, truth))
    lengths = [len(row) for row in true]
    if [len(row) for row in found] != lengths:
        raise ValueError("expected as many predicted tags as true ones in each sentence")
    flat = [tag for rows in (found, true) for row in rows for tag in (*row, OUTSIDE)]
    names = sorted(set(flat))
    number = {name: place for place, name in enumerate(names)}
    numbers = np.array([number[tag] for tag in flat], dtype=np.int64).reshape(2, -1)
    known = codes(names)
    ours, theirs = (entities(known[row]) for row in numbers)
    places = np.cumsum([0, *(length + 1 for length in lengths[:-1])])
    right = numbers[0] == numbers[1]
    counted = np.stack([ours.shared(theirs), ours.begin, theirs.begin, right], axis=1)
    if not lengths:
        return np.zeros((0, 5), dtype=np.int64)
    sums = np.add.reduceat(counted.astype(np.int64), places, axis=0)
    sums[:, 3] -= 1  # the O between two sentences
    return np.concatenate([sums, np.array(lengths)[:, None]], axis=1)


def f1(right: Array, predicted: Array, true: Array) -> float | None:
    """Twice the right entities over those predicted and those true; None where there are none."""
    total = predicted.sum() + true.sum()
    return float(2 * right.sum() / total) if total else None


def precision(right: Array, predicted: Array, true: Array) -> float | None:
    """The share of predicted entities that is right; 0 where none is predicted, as seqeval has it.

    None where there are none at all.
    """
    return _share(right, predicted) if predicted.sum() + true.sum() else None


def recall(right: Array, predicted: Array, true: Array) -> float | None:
    """The share of true entities that is found; 0 where none is true, as seqeval has it.

    None where there are none at all.
    """
    return _share(right, true) if predicted.sum() + true.sum() else None


OF_ENTITIES = {"f1": f1, "precision": precision, "recall": recall}
"""Metric -> its value for entities that are right, predicted and true, by sentence."""


def token_accuracy(right: Array, tokens: Array) -> float | None:
    """The share of tokens whose tag is right; None where there are no tokens."""
    return _share(right, tokens) if tokens.sum() else None


def tagging_metrics(predicted: Iterable[str], truth: Iterable[str]) -> Scores:
    """Score the tags of sentences.

    Args:
        predicted: The tags of each sentence, with blanks between them.
        truth: The true tags, as many in each sentence.

    Returns:
        `f1`, `precision` and `recall` over all entities: one is right if its type, its first and
        its last token are; `accuracy`, the share of tokens whose tag is right; `loss`, which tags
        do not have.

    Raises:
        ValueError: A sentence has another number of tags than predicted.
    """
    counts = sentence_counts(predicted, truth).T
    of_entities = {name: of(*counts[:3]) for name, of in OF_ENTITIES.items()}
    return {**of_entities, "accuracy": token_accuracy(*counts[3:]), "loss": None}


def _share(part: Array, whole: Array) -> float:
    total = whole.sum()
    return float(part.sum() / total) if total else 0.0
