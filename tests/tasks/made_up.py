"""What the tests of each kind of task share: tasks of a few rows, and what must hold of scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datasets import Dataset

from steadytune.tasks import PROBLEMS, Predictions, Task


def labelled(*labels: Any) -> Dataset:
    """A row a label, each with a text of its own."""
    texts = [f"text {number}" for number in range(len(labels))]
    return Dataset.from_dict({"text": texts, "label": labels, "idx": [*range(len(labels))]})


def task_of(
    kind: str,
    name: str,
    train: Dataset,
    test: Dataset,
    label_names: Sequence[str] = (),
    columns: tuple[str, ...] = ("text",),
) -> Task:
    """A task with the default metric of its kind."""
    return Task(
        name=name,
        kind=kind,
        columns=columns,
        label_names=tuple(label_names),
        metric=PROBLEMS[kind].metrics[0],
        domain=name,
        train=train,
        test={name: test},
        source="made up for tests",
    )


def require_statistics_are_the_scores(kind: str, found: Predictions, truth: Dataset) -> None:
    """Each metric as a function of rows must give what `score` gives."""
    problem, rows = PROBLEMS[kind], len(truth)
    scores, statistics = (
        problem.score(found, truth),
        [*problem.statistics(found, problem.truths(truth))],
    )
    assert {statistic.metric for statistic in statistics} == set(problem.metrics)
    for statistic in statistics:
        assert statistic.of is not None
        assert statistic.of(*statistic.arrays) == scores[statistic.metric]
        assert all(len(array) == rows for array in statistic.arrays)
