"""Folds of the training examples, shared by all candidates: stratified, copies kept together."""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._exceptions import DataError
from ..tasks import DataSource, Task
from ..tasks._problem import values
from ..tasks.files.held_out import hangs_together, text_groups, text_key

FOLDS = 5
WHOLE_CV_BELOW = 500
"""With fewer examples every one is held out once; with more, one fifth of them is."""

_STATES = 2**32
"""States that scikit-learn's generators can begin in."""

_NAME = re.compile(r"-r(\d+)-f(\d+)$")


@dataclass(frozen=True, order=True)
class Cell:
    """One training in cross-validation.

    Args:
        repetition: Which division of the examples into folds, counted from 1.
        fold: Which of its folds is held out, counted from 1.
    """

    repetition: int
    fold: int

    def task_name(self, name: str) -> str:
        """What the task of this cell is called."""
        return f"{name}-r{self.repetition}-f{self.fold}"


def make_folds(
    strata: Sequence[Any], groups: NDArray[np.int64], seed: int, repetition: int = 1
) -> list[NDArray[np.int64]]:
    """The places of the examples that each fold holds out.

    Below 500 examples every example is held out by one of five folds, or of as many as there are
    groups. Above, one fold holds out about a fifth, the same in every repetition.

    Args:
        strata: One an example: folds keep the share of each.
        groups: One an example: a group is not torn apart.
        seed: Of the division.
        repetition: Other repetitions below 500 examples divide in other ways.

    Raises:
        DataError: If there are fewer than two groups.
    """
    whole = len(strata) < WHOLE_CV_BELOW
    folds = min(FOLDS, len(set(groups.tolist())))
    if folds < 2:
        raise DataError(
            f"all {len(strata)} training examples share one text: expected different texts; "
            "is it the right column? Name it with `text`"
        )
    state = (seed * 1000 + (repetition if whole else 1)) % _STATES
    held = _split(np.asarray([s or 0 for s in strata]), groups, folds, state)
    if whole:
        return held
    # A large group fills a fold, which leaves too little to train on.
    usual = (places for places in held if len(places) * FOLDS <= 2 * len(strata))
    return [next(usual, held[0])]


def _split(
    strata: NDArray[Any], groups: NDArray[np.int64], folds: int, state: int
) -> list[NDArray[np.int64]]:
    from sklearn.model_selection import StratifiedGroupKFold

    places = np.zeros(len(strata))
    if max(Counter(strata.tolist()).values()) < folds:
        return _dealt(strata, groups, folds, state)
    with warnings.catch_warnings():
        # Classes with fewer examples than folds are said in the look at the data.
        warnings.filterwarnings("ignore", message="The least populated class")
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=state)
        found = [held for _, held in splitter.split(places, strata, groups)]
    if all(len(held) for held in found):
        return found
    return _dealt(strata, groups, folds, state)


def _dealt(
    strata: NDArray[Any], groups: NDArray[np.int64], folds: int, state: int
) -> list[NDArray[np.int64]]:
    """The groups in turn, large ones first and then stratum by stratum, to the smallest fold."""
    _, first, numbers, sizes = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    draws = np.random.default_rng(state)
    order = np.lexsort((draws.permutation(len(sizes)), strata[first], -sizes))
    fold_of, filled = np.zeros(len(sizes), dtype=np.int64), np.zeros(folds)
    for group in order:
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return [np.flatnonzero(fold_of[numbers] == fold) for fold in range(folds)]


def groups_of(task: Task) -> NDArray[np.int64]:
    """One entry a training example: those that share a text share it, and are not torn apart.

    Of questions the texts are those that answers stand in. Where more than a fifth of all pairs
    hang together by shared texts, copies of a pair alone share it.
    """
    return _groups(task)[0]


def shared_texts_warning(task: Task) -> str:
    """A line where folds divide pairs that share a text; else nothing."""
    if not _groups(task)[1]:
        return ""
    return (
        "more than a fifth of the training pairs hang together by shared texts, so that folds hold "
        "out pairs with texts that are trained on too, and cross-validated scores may be too high"
    )


@lru_cache(maxsize=1)
def _groups(task: Task) -> tuple[NDArray[np.int64], bool]:
    """The groups of a task's examples, and whether pairs that share a text are divided."""
    columns = [values(task.train, name) for name in task.problem.sources(task.columns)]
    groups = text_groups(columns)
    if len(columns) == 1 or not hangs_together(groups.tolist()):
        return groups, False
    keys = [text_key(*texts) for texts in zip(*columns, strict=True)]
    return np.unique(keys, return_inverse=True)[1].astype(np.int64), True


@lru_cache(maxsize=8)
def cells_of(task: Task, seed: int, repetition: int) -> dict[Cell, tuple[int, ...]]:
    """The cells of one repetition, and the places that each holds out.

    Raises:
        DataError: If the examples cannot be divided, or what is left to train on teaches nothing.
    """
    held = make_folds(task.problem.strata(task.train), groups_of(task), seed, repetition)
    return {
        Cell(repetition, fold): tuple(places.tolist()) for fold, places in enumerate(held, start=1)
    }


@dataclass(frozen=True)
class FoldTasks:
    """Gives the tasks of a fit by their names, in whatever process: the whole one, and its cells.

    Args:
        source: Where the examples come from.
        seed: Of the folds.
    """

    source: DataSource
    seed: int

    def __call__(self, name: str) -> Task:
        found = _NAME.search(name)
        whole = whole_task(self.source)
        if found is None or name == whole.name:
            return whole
        return _cell_task(whole, self.seed, Cell(int(found[1]), int(found[2])))


def whole_task(source: DataSource) -> Task:
    """The task without its validation examples: folds choose, and nothing else."""
    return _without_validation(source.load())


@lru_cache(maxsize=8)
def _without_validation(task: Task) -> Task:
    return task if task.dev is None else dataclasses.replace(task, dev=None, content_hash="")


@lru_cache(maxsize=64)
def _cell_task(task: Task, seed: int, cell: Cell) -> Task:
    """The same task that trains on the other folds and chooses by the one held out."""
    held = cells_of(task, seed, cell.repetition)[cell]
    rest = sorted(set(range(len(task.train))) - set(held))
    return dataclasses.replace(
        task,
        name=cell.task_name(task.name),
        train=task.train.select(rest),
        dev=task.train.select(held),
        content_hash="",
    )
