"""Where a task's rows come from: a name, or the user's own files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .._exceptions import ConfigError
from ._catalogue import load_task
from ._task import Task

ALL = "all"
"""Stands for every companion of a named task."""


@dataclass(frozen=True)
class DataSource:
    """Where rows come from, as plain values that can be sent to another process.

    Exactly one of `task` and `train` is given.

    Args:
        task: Name of a task of the catalogue.
        train: Training rows: a file, a folder that `save_to_disk` of `datasets` has written, a
            folder of files, or a name on the Hugging Face hub, `owner/name` or
            `owner/name:config`.
        validation: Held-out rows, read once at the end. By default a fifth of the training rows,
            drawn by their content.
        dev: Rows to choose by. By default they are drawn from training rows that are not used.
        ood: Further domains to evaluate on: `all` companions of the named task, the name of one of
            them, or NAME=FILE.
        text: The text columns, one or two; guessed if not given.
        label: The column of the truth; guessed if not given.
        kind: `classification`, `regression` or `qa`; guessed if not given.
        metric: The primary metric; by default the kind's first, or the named task's own.
        data_root: Folder of local copies of the named tasks' rows.
        name: What the task is called; by default what the training file is called.

    Raises:
        ConfigError: Both or neither of `task` and `train` are given.
    """

    task: str | None = None
    train: str | None = None
    validation: str | None = None
    dev: str | None = None
    ood: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    label: str | None = None
    kind: str | None = None
    metric: str | None = None
    data_root: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if (self.task is None) == (self.train is None):
            given = "neither" if self.task is None else "both"
            raise ConfigError(
                f"{given} of a task and training rows given: expected one of them; "
                f"give --task NAME or --train FILE"
            )

    def load(self) -> Task:
        """Read the task; the same value is read once a process.

        Raises:
            ConfigError: A name, column or setting cannot be.
            DataError: Rows cannot be had or read.
        """
        return _load(self).task

    def notes(self) -> tuple[str, ...]:
        """What was guessed, a line each, to be shown before a run.

        Raises:
            ConfigError: As `load`.
            DataError: As `load`.
        """
        return _load(self).notes


@dataclass(frozen=True)
class _Loaded:
    task: Task
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=16)
def _load(source: DataSource) -> _Loaded:
    if source.task is None:
        raise ConfigError("training rows from files cannot be read yet; give --task NAME")
    return _Loaded(load_task(source.task, source.data_root, source.ood))
