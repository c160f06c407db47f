"""Holds out some of the training rows: by their content, so that no copy stands on both sides."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from .._sampling import stratified_sample

_SHARE = 5
_SEED = 0


def text_key(*texts: str) -> str:
    """What copies of a text, or of a pair of texts, share: all but case, spacing and encoding.

    Composed and decomposed accents, full-width letters, ligatures and the like count as equal
    (Unicode's form NFKC).
    """
    return spelled_key(*(_composed(_composed(text).casefold()) for text in texts))


def spelled_key(*texts: str) -> str:
    """What copies share that are encoded alike: all but case and spacing. Draws go by it."""
    return "\x1f".join(" ".join(text.casefold().split()) for text in texts)


def text_groups(columns: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """The number of each example's group: examples that share a text are in one.

    Texts that differ in case, blanks or Unicode's form count as the same. Of pairs either text
    connects, unless it is empty.

    Args:
        columns: One list of texts a column, of equal lengths.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = len(columns) > 1
    keys = [
        [
            text_key(text) or (f"\0empty {place} {row}" if pairs else "")
            for row, text in enumerate(column)
        ]
        for place, column in enumerate(columns)
    ]
    numbers: dict[str, int] = {}
    for column in keys:
        for key in column:
            numbers.setdefault(key, len(numbers))
    count = len(columns[0])
    rows = np.tile(np.arange(count), len(columns))
    texts = np.array([count + numbers[key] for column in keys for key in column], dtype=np.int64)
    size = count + len(numbers)
    links = coo_array((np.ones(len(rows)), (rows, texts)), shape=(size, size))
    _, groups = connected_components(links, directed=False)
    found: NDArray[np.int64] = groups[:count].astype(np.int64)
    return found


def hangs_together(groups: Sequence[int]) -> bool:
    """Whether one group holds more than a fifth of the rows, too many to divide the rows well."""
    return max(Counter(groups).values(), default=0) * _SHARE > len(groups)


def grouped_keys(keys: Sequence[str], groups: Sequence[int]) -> list[str] | None:
    """Keys that rows of one group share: the first of theirs in the alphabet.

    Args:
        keys: One a row.
        groups: One a row, as `text_groups` numbers them.

    Returns:
        None where one group holds more than a fifth of the rows, so that they cannot be divided.
    """
    if len(set(groups)) == len(set(keys)):
        return list(keys)  # nothing is shared but by copies
    if hangs_together(groups):
        return None
    first: dict[int, str] = {}
    for key, group in zip(keys, groups, strict=True):
        first[group] = min(first.get(group, key), key)
    return [first[group] for group in groups]


def held_out_rows(keys: Sequence[str], strata: Sequence[Hashable], *, classes: bool) -> list[int]:
    """Places of about a fifth of the rows, each stratum in proportion.

    The draw depends on the contents alone, not on their order. Rows with one key stay together.

    Args:
        keys: One a row, equal for copies.
        strata: One a row; that of a key's first row counts.
        classes: Whether strata are classes, and each keeps a key on the other side.

    Returns:
        The places in ascending order; none where there is nothing to spare.
    """
    first: dict[str, Hashable] = {}
    for key, stratum in zip(keys, strata, strict=True):
        first.setdefault(key, stratum)
    counts = Counter(first.values())
    spare = {key: stratum for key, stratum in first.items() if counts[stratum] > classes}
    size = min(max(1, round(len(first) / _SHARE)), len(spare) // 2)
    drawn = stratified_sample(list(spare), list(spare.values()), size, _SEED, "held out")
    names = list(spare)
    taken = {names[place] for place in drawn}
    return [row for row, key in enumerate(keys) if key in taken]


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)
