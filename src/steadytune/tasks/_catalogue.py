"""The tasks that have a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from .._checks import near
from .._exceptions import ConfigError
from . import vader
from ._task import Task
from .named import FILE_CARDS, VADER_MOVIES, VADER_RATINGS, VADER_TWEETS, TaskCard, read_task
from .named.reading import ALL


class Entry(Protocol):
    """An entry of the catalogue."""

    @property
    def name(self) -> str:
        """What `load_task` knows it by."""

    @property
    def summary(self) -> str:
        """One line for listings."""

    @property
    def card(self) -> TaskCard | None:
        """What is known of it before its rows are read, if that is written down."""

    def read(self, data_root: Path | None, companions: Sequence[str]) -> Task:
        """Read it with these companions, from this folder where its rows are files."""


@dataclass(frozen=True)
class NamedTask:
    """A task that one function reads with all its domains.

    Args:
        name: What `load_task` knows it by.
        summary: One line for listings.
        load: Reads the rows, and downloads them first if need be.
        card: What is known of it before its rows are read.
    """

    name: str
    summary: str
    load: Callable[[], Task]
    card: TaskCard | None = None

    def read(self, data_root: Path | None, companions: Sequence[str]) -> Task:
        """Read it whole, and keep these companions; no data root is looked at."""
        task = self.load()
        return task if ALL in companions else task.keep_domains(companions)


@dataclass(frozen=True)
class FileTask:
    """A task whose rows are files of a local copy, or stand on the Hugging Face hub.

    Args:
        card: All that is known of it.
    """

    card: TaskCard

    @property
    def name(self) -> str:
        """What `load_task` knows it by."""
        return self.card.name

    @property
    def summary(self) -> str:
        """One line for listings."""
        return self.card.summary

    def read(self, data_root: Path | None, companions: Sequence[str]) -> Task:
        """Read the task's own rows, and those of these companions only."""
        return read_task(self.card, data_root, companions)


def _built_in(made: vader.VaderTask, card: TaskCard) -> NamedTask:
    return NamedTask(card.name, card.summary, partial(vader.load_vader_task, made), card)


_ENTRIES: tuple[Entry, ...] = (
    _built_in(vader.VADER_MOVIES, VADER_MOVIES),
    _built_in(vader.VADER_TWEETS, VADER_TWEETS),
    _built_in(vader.VADER_RATINGS, VADER_RATINGS),
    *map(FileTask, FILE_CARDS),
)

TASKS: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}
"""Name -> task, in the order of listings."""


def load_task(
    name: str, data_root: str | Path | None = None, companions: Sequence[str] = ()
) -> Task:
    """Read the task of that name.

    Args:
        name: One of `TASKS`.
        data_root: Folder of a local copy of the rows, laid out as docs/tasks.md says; None takes
            the environment variable STEADYTUNE_DATA, and the Hugging Face hub where that is not
            set.
        companions: Out-of-domain companions to evaluate on too; `("all",)` takes every one.

    Raises:
        ConfigError: There is no such task or companion; the text names near matches.
        DataError: Its rows cannot be found or read.
    """
    root = None if data_root is None else Path(data_root)
    return find_entry(name).read(root, tuple(companions))


def find_entry(name: str) -> Entry:
    """The entry of that name.

    Raises:
        ConfigError: There is none; the text names near matches.
    """
    if name in TASKS:
        return TASKS[name]
    guess = near(name, TASKS, end=" ")
    known = ", ".join(TASKS)
    raise ConfigError(f"unknown task {name!r}: {guess}expected one of {known}")
