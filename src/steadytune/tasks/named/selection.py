"""Which rows of a file or split belong to a set, where it is not all of them."""

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
class ContextFold:
    """One context in so many, by a hash of its text, with all questions on it; or all others.

    Args:
        one_in: How many contexts there are to each one that is held out.
        held_out: Whether the set is what is held out, or the others.
    """

    one_in: int
    held_out: bool

    def holds(self, position: int, row: Mapping[str, Any]) -> bool:
        """Whether this row belongs to the set."""
        digest = hashlib.blake2b(str(row["context"]).encode("utf-8", "replace"), digest_size=8)
        return (int.from_bytes(digest.digest(), "big") % self.one_in == 0) is self.held_out


Selection = Positions | ContextFold
