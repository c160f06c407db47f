"""Are there enough examples to choose by? Said before anything is trained."""

from __future__ import annotations

from .._counted import counted
from .._exceptions import DataError
from ..tasks import Task
from .folds import groups_of
from .kinds import KINDS

FEWEST = 10
"""Training examples without which there is nothing to choose by."""


def require_examples(task: Task) -> None:
    """Refuse what cross-validation can say nothing about.

    Raises:
        DataError: If there are too few examples, texts, or examples of a class.
    """
    count, tested = len(task.train), len(task.test[task.domain])
    if count < FEWEST:
        raise DataError(
            f"{task.name} has {counted(count + tested, 'example')}, {count} to train on: expected "
            f"{FEWEST} to train on or more; add examples, or use `steadytune train`"
        )
    groups = groups_of(task)
    if len(set(groups.tolist())) < 2:
        raise DataError(
            f"all {count} training examples of {task.name} share one text: expected different "
            "ones; name another column with `text`"
        )
    KINDS[task.kind].require(task, groups)
