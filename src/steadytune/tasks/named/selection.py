"""Which rows of a file or split belong to a set, where it is not all of them.

A selection sees rows under the task's names of columns, whether they come from a local copy or from
the hub: `HubSplit.columns` are renamed before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Positions:
    """Rows by their place.

    Args:
        start: Position of the first row.
        stop: The position after the last; None for all that follow.
    """

    start: int
    stop: int | None

    def holds(self, position: int, row: Mapping[str, Any]) -> bool:
        """Whether this row belongs to the set."""
        return self.start <= position and (self.stop is None or position < self.stop)


@dataclass(frozen=True)
class ColumnFold:
    """One text of a column in so many, by a hash of it, with all rows on it; or all others.

    Args:
        column: The column whose texts never stand on both sides.
        one_in: How many texts there are to each one that is held out.
        held_out: Whether the set is what is held out, or the others.
        by_letters: Whether texts that differ in case, spacing and punctuation alone are one text.
    """

    column: str
    one_in: int
    held_out: bool
    by_letters: bool = False

    def holds(self, position: int, row: Mapping[str, Any]) -> bool:
        """Whether this row belongs to the set."""
        text = str(row[self.column])
        digest = _digest(letters_and_digits(text) if self.by_letters else text, size=8)
        return (int.from_bytes(digest, "big") % self.one_in == 0) is self.held_out


@dataclass(frozen=True)
class WithoutTexts:
    """Rows that have none of certain texts, which are known by their digests alone.

    Args:
        columns: The columns that are looked at.
        digests: What `text_digest` gives for the texts.
    """

    columns: tuple[str, ...]
    digests: frozenset[str]

    def holds(self, position: int, row: Mapping[str, Any]) -> bool:
        """Whether this row belongs to the set."""
        return self.digests.isdisjoint(text_digest(str(row[name])) for name in self.columns)


@dataclass(frozen=True)
class Both:
    """Rows that belong to two sets.

    Args:
        first: The one.
        second: The other.
    """

    first: Selection
    second: Selection

    def holds(self, position: int, row: Mapping[str, Any]) -> bool:
        """Whether this row belongs to the set."""
        return self.first.holds(position, row) and self.second.holds(position, row)


Selection = Positions | ColumnFold | WithoutTexts | Both


def text_digest(text: str) -> str:
    """Eight hexadecimal digits that texts of the same letters and digits share."""
    return _digest(letters_and_digits(text), size=4).hex()


def letters_and_digits(text: str) -> str:
    """The text without case, spacing and punctuation, which editions of a data set change."""
    return "".join(filter(str.isalnum, text.casefold()))


def _digest(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=size).digest()
