"""Which of several records of one run counts: one rule for ledgers, packed files and reports."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Literal, TypeVar

Status = Literal["ok", "diverged", "failed", "cancelled"]
Rank = tuple[bool, bool, str]
T = TypeVar("T")

FINISHED: tuple[Status, ...] = ("ok", "diverged")
"""Endings that a repetition of the run would come to again: the record is its result."""


def rank(status: str, finished: str | None) -> Rank:
    """The higher, the more a record says: one with a result, then one of a run that ended at all.

    Args:
        status: The record's status.
        finished: When the run ended, in ISO 8601; of equals the later one counts.
    """
    return status in FINISHED, status != "cancelled", str(finished or "")


def best_of_each(
    records: Iterable[T], key: Callable[[T], Hashable], rank: Callable[[T], Rank]
) -> list[T]:
    """One record of each key, the one of the highest rank; of equals the last.

    They come in the order in which the kept ones stand among `records`.
    """
    best: dict[Hashable, tuple[Rank, int, T]] = {}
    for place, record in enumerate(records):
        named, found = key(record), (rank(record), place, record)
        if named not in best or found[:2] > best[named][:2]:
            best[named] = found
    return [record for _, _, record in sorted(best.values(), key=lambda found: found[1])]
