"""How the runs of a study come by their rows, in whatever process they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..runs.plan import LoadedTask
from ..tasks import DataSource, Task
from .study import Study

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True)
class FromSources:
    """Reads a task where it came from, once a process."""

    sources: Mapping[str, DataSource]

    def __call__(self, name: str) -> Task:
        return self.sources[name].load()


@dataclass(frozen=True)
class FromMemory:
    """Holds the rows: they travel to processes that do not see the files."""

    tasks: Mapping[str, Task]

    def __call__(self, name: str) -> Task:
        return self.tasks[name]


TaskLoader = FromSources | FromMemory


def task_loader(study: Study, loaded: Sequence[LoadedTask], shares_files: bool) -> TaskLoader:
    """What gives the runs of a study a task by its name.

    Args:
        study: The study.
        loaded: Its tasks.
        shares_files: Whether the runs see the files that this process sees.
    """
    if not shares_files:
        return FromMemory({entry.task.name: _in_memory(entry.task) for entry in loaded})
    names = (entry.task.name for entry in loaded)
    sources = (task.source for task in study.tasks)
    return FromSources(dict(zip(names, sources, strict=True)))


def _in_memory(task: Task) -> Task:
    """The same task with rows that do not point to files of this machine."""
    return dataclasses.replace(
        task,
        train=_copy(task.train),
        dev=None if task.dev is None else _copy(task.dev),
        test={domain: _copy(rows) for domain, rows in task.test.items()},
    )


def _copy(rows: Dataset) -> Dataset:
    from datasets import Dataset

    return Dataset.from_dict(rows.with_format(None).to_dict(), features=rows.features)
