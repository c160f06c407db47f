"""Draws samples that keep the class shares, that nest, and that no library's stream can change."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Hashable, Sequence


def stratified_sample(
    identifiers: Sequence[Hashable], strata: Sequence[Hashable], size: int, *key: Hashable
) -> list[int]:
    """Positions of `size` rows, each stratum in proportion to its share of all rows.

    A row's place in its stratum's queue is a hash of the key and of its identifier. So the draw
    depends on nothing but these, and a larger sample holds every smaller one of the same key that
    has as many rows as there are strata. Only a sample with fewer can miss a stratum.

    Args:
        identifiers: One a row, distinct.
        strata: One a row.
        size: Rows to draw, at most as many as there are.
        key: What the draw depends on, a seed for example.

    Returns:
        The positions in ascending order.
    """
    if not 0 <= size <= len(strata):
        raise ValueError(f"cannot draw {size} of {len(strata)} rows")
    seats = proportional_seats(Counter(strata), size)
    queue = sorted(range(len(strata)), key=lambda row: (_rank(*key, identifiers[row]), row))
    chosen = []
    for row in queue:
        if seats[strata[row]] > 0:
            seats[strata[row]] -= 1
            chosen.append(row)
    return sorted(chosen)


def proportional_seats(counts: Counter[Hashable], size: int) -> Counter[Hashable]:
    """Share `size` seats among strata by Webster's method, one each first where they suffice.

    Webster's method never takes a seat back as `size` grows, and gives each stratum its exact
    share where that is a whole number.

    Args:
        counts: Stratum -> rows, each at least 1.
        size: Seats, at most as many as there are rows.
    """
    seats = Counter(counts.keys()) if size >= len(counts) else Counter[Hashable]()
    waiting = [
        (-count / (2 * seats[stratum] + 1), position, stratum)
        for position, (stratum, count) in enumerate(sorted(counts.items(), key=_by_name))
    ]
    heapq.heapify(waiting)
    for _ in range(size - seats.total()):
        _, position, stratum = waiting[0]
        seats[stratum] += 1
        claim = -counts[stratum] / (2 * seats[stratum] + 1)
        heapq.heapreplace(waiting, (claim, position, stratum))
    return seats


def _rank(*key: Hashable) -> bytes:
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in key)
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _by_name(entry: tuple[Hashable, int]) -> tuple[str, str]:
    return type(entry[0]).__name__, str(entry[0])
