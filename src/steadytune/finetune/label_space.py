"""The classes of a model beside those of rows: which output is which label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._exceptions import DataError
from ..tasks.files.label_mapping import TWO_WAY, folded_name

_NO_NAME = re.compile(r"label_\d+")
_ENTAILMENT = "entailment"
_THREE_WAY = {_ENTAILMENT, "neutral", "contradiction"}


@dataclass(frozen=True)
class LabelSpace:
    """How the logits of a model and the labels of rows are brought together.

    Args:
        groups: One a class that is scored: the model's outputs that stand for it.
        labels: One a label of the rows: the class that is scored for it.
        note: What was done, in one line, where it is not plain.
    """

    groups: tuple[tuple[int, ...], ...]
    labels: tuple[int, ...]
    note: str = ""

    @property
    def merges(self) -> bool:
        """Whether several outputs or labels count as one class."""
        return len(set(self.labels)) < len(self.labels) or any(len(g) > 1 for g in self.groups)

    def logits(self, logits: NDArray[Any]) -> NDArray[np.float32]:
        """Shape (rows, classes scored): the probabilities of outputs of one class add up."""
        from scipy.special import logsumexp

        if self.groups == tuple((output,) for output in range(logits.shape[1])):
            return logits  # as it is, since copies are large with thousands of classes
        found = np.empty((len(logits), len(self.groups)), np.float32)
        for column, group in enumerate(self.groups):
            found[:, column] = logsumexp(logits[:, list(group)], axis=1)
        return found

    def with_second(self, label: int) -> LabelSpace:
        """The same with the class of one of two labels in the second place, which F1 is of."""
        if len(self.groups) != 2 or self.labels[label] == 1:
            return self
        return replace(self, groups=self.groups[::-1], labels=tuple(1 - n for n in self.labels))


def match_labels(model: Sequence[str], rows: Sequence[str], where: str) -> LabelSpace:
    """Find the model's output for each label of the rows, by name.

    Names that are exactly the model's come first; else case, spaces, hyphens and underscores make
    no difference. A model whose outputs are called `LABEL_0`, `LABEL_1` and so on is taken by
    number. Of three-way entailment, neutral and contradiction are not_entailment where the other
    side has two classes. Labels of one name are one class.

    Args:
        model: Names of the model's classes.
        rows: Names of the rows' classes.
        where: What the rows are, for the text of an error.

    Raises:
        DataError: If they do not map; the text names both.
    """
    if _are_among(rows, model):
        return _by_place(model, rows)
    ours, theirs = [folded_name(name) for name in model], [folded_name(name) for name in rows]
    if len(distinct := dict(zip(theirs, rows, strict=True))) < len(rows):
        if len(distinct) < 2:
            raise DataError(f"all labels of {where} are {rows[0]!r}: expected two or more classes")
        space, places = match_labels(model, [*distinct.values()], where), [*distinct]
        return replace(space, labels=tuple(space.labels[places.index(name)] for name in theirs))
    if _are_among(theirs, ours):
        return _by_place(ours, theirs)
    if all(map(_NO_NAME.fullmatch, ours)) and len(ours) == len(theirs):
        return _same(len(ours), f"the model's classes have no names: taken as {', '.join(rows)}")
    if set(ours) == _THREE_WAY and set(theirs) == TWO_WAY:
        return _three_to_two(ours, theirs)
    if set(ours) == TWO_WAY and set(theirs) == _THREE_WAY:
        labels = [ours.index(name if name in ours else "not_entailment") for name in theirs]
        return LabelSpace(((0,), (1,)), tuple(labels), _note())
    raise DataError(
        f"the labels of {where} ({', '.join(rows)}) do not map onto those of the model "
        f"({', '.join(model)}); give rows with the model's labels"
    )


def _are_among(theirs: Sequence[str], ours: Sequence[str]) -> bool:
    """Whether each name is one of the model's, and no two of either are alike."""
    distinct = len(set(theirs)) == len(theirs) and len(set(ours)) == len(ours)
    return distinct and set(theirs) <= set(ours)


def _by_place(ours: Sequence[str], theirs: Sequence[str]) -> LabelSpace:
    found = [ours.index(name) for name in theirs]
    others = [number for number in range(len(ours)) if number not in found]
    return LabelSpace(tuple((n,) for n in (*found, *others)), tuple(range(len(theirs))))


def _three_to_two(ours: Sequence[str], theirs: Sequence[str]) -> LabelSpace:
    entailment = (ours.index(_ENTAILMENT),)
    rest = tuple(number for number in range(3) if number not in entailment)
    groups = tuple(entailment if name == _ENTAILMENT else rest for name in theirs)
    return LabelSpace(groups, (0, 1), _note())


def _same(classes: int, note: str) -> LabelSpace:
    return LabelSpace(tuple((n,) for n in range(classes)), tuple(range(classes)), note)


def _note() -> str:
    return "neutral and contradiction count as not_entailment"
