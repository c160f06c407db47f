"""The hash of a task's rows: equal for equal rows, wherever they were read from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._problem import values

if TYPE_CHECKING:
    from ._task import Task


def hash_content(task: Task) -> str:
    """The hash of the texts, truths and numbers of all rows, of their labels' names and kind."""
    digest = hashlib.blake2b(digest_size=16)
    # The same rows can be of two kinds, where one covers the other.
    kind = [task.kind] if task.problem.covers else []
    _add_line(digest, [task.columns, task.label_names, *kind])
    names = ("idx", *task.columns, task.problem.answer)
    for split, rows in task.splits.items():
        for row in zip(*(values(rows, name) for name in names), strict=True):
            _add_line(digest, [split, *row])
    return digest.hexdigest()


def _add_line(digest: Any, entries: Sequence[Any]) -> None:
    # JSON in ASCII has no raw line feed, so different rows cannot give the same bytes.
    digest.update(json.dumps(entries).encode("ascii") + b"\n")
