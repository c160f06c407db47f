"""The tasks that have a name."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from .._exceptions import ConfigError
from . import vader
from ._task import Task


@dataclass(frozen=True)
class NamedTask:
    """An entry of the catalogue.

    Args:
        name: What `load_task` knows it by.
        summary: One line for listings.
        load: Reads the rows, and downloads them first if need be.
    """

    name: str
    summary: str
    load: Callable[[], Task]


TASKS: dict[str, NamedTask] = {
    entry.name: entry
    for entry in (
        NamedTask(
            vader.TASK_NAME,
            "sentiment of movie-review sentences; out of domain: products, editorials, tweets",
            vader.load_vader_movies,
        ),
    )
}
"""Name -> task, in the order of listings."""


def load_task(name: str) -> Task:
    """Read the task of that name.

    Raises:
        ConfigError: There is no such task; the text names near matches.
        DataError: Its rows cannot be had or read.
    """
    entry = TASKS.get(name)
    if entry is None:
        raise ConfigError(_unknown(name))
    return entry.load()


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, TASKS, n=3)
    guess = f"did you mean {' or '.join(near)}? " if near else ""
    return f"unknown task {name!r}: {guess}expected one of {', '.join(TASKS)}"
