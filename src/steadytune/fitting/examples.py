"""Are there enough examples to choose by? Said before anything is trained."""

from __future__ import annotations

from collections import Counter

from .._counted import counted
from .._exceptions import DataError
from ..tasks import Task
from ..tasks._problem import values
from ..tasks.files.held_out import text_groups

_KINDS = ("classification", "regression")

FEWEST = 10
"""Training examples without which there is nothing to choose by."""


def require_examples(task: Task) -> None:
    """Refuse what cross-validation can say nothing about.

    Raises:
        DataError: If there are too few examples, texts, or examples of a class.
    """
    if task.kind not in _KINDS:
        raise DataError(
            f"{task.name} is {task.kind}, which fit does not choose for yet: expected "
            f"{' or '.join(_KINDS)}; use `steadytune train`"
        )
    count, tested = len(task.train), len(task.test[task.domain])
    if count < FEWEST:
        raise DataError(
            f"{task.name} has {counted(count + tested, 'example')}, {count} to train on: expected "
            f"{FEWEST} to train on or more; add examples, or use `steadytune train`"
        )
    groups = text_groups([values(task.train, name) for name in task.columns])
    if len(set(groups.tolist())) < 2:
        raise DataError(
            f"all {count} training examples of {task.name} share one text: expected different "
            "ones; name another column with `text`"
        )
    if task.kind != "classification":
        return
    labels = values(task.train, "label")
    sizes = Counter(labels)
    # A class whose examples are all copies of one text cannot be both trained on and held out.
    spread = Counter(label for label, _ in set(zip(labels, groups.tolist(), strict=True)))
    usable = [label for label in sizes if spread[label] > 1]
    if len(usable) < 2 or 2 * len(usable) < len(task.label_names):
        raise DataError(
            f"{task.name} has {len(task.label_names)} classes in {count} "
            f"training examples, {len(usable)} of them with two different texts or more: expected "
            "that of most classes; add examples, or name another column with `label`"
        )
