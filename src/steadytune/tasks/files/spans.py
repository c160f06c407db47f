"""Entities by where they stand in a text: each word of one gets a tag."""

from __future__ import annotations

import re
from typing import Any

from ...metrics.tagging import OUTSIDE, is_tag
from ._table import Table, shown

_WORD = re.compile(r"\S+")
_EXPECTED = '{"start": 0, "end": 3, "label": "person"}, counted in characters from 0'

Span = tuple[int, int, str]
"""Where an entity begins and ends in its text, and its type."""


def as_list(value: Any) -> Any:
    """A cell; an array of NumPy, as tables of pandas have it, or a tuple as a list."""
    if isinstance(value, tuple):
        return list(value)
    return value.tolist() if hasattr(value, "tolist") else value


def are_spans(value: Any) -> bool:
    """Whether a cell holds entities, or a list of none."""
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def span_tags(table: Table, row: int, text_column: str, column: str) -> list[str]:
    """A tag for each word of a text, which is parted at its blanks.

    A word that an entity overlaps is tagged as a whole.

    Raises:
        DataError: An entity does not stand in the text, or two share a word.
    """
    text = table.columns[text_column][row]
    words = [match.span() for match in _WORD.finditer(text)]
    tags = [OUTSIDE] * len(words)
    for start, end, kind in sorted(
        _span(table, row, column, text, e) for e in _cell(table, row, column)
    ):
        held = [place for place, (first, last) in enumerate(words) if first < end and start < last]
        if not held:
            raise table.error(row, column, f"has an entity of blanks at {start}", "one with words")
        if taken := [place for place in held if tags[place] != OUTSIDE]:
            word = text[slice(*words[taken[0]])]
            found = f"has two entities with the word {shown(word)}"
            raise table.error(row, column, found, "each word in one entity at most")
        for place in held:
            tags[place] = f"{'B' if place == held[0] else 'I'}-{kind}"
    return tags


def _cell(table: Table, row: int, column: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = as_list(table.columns[column][row])
    return found


def _span(table: Table, row: int, column: str, text: str, entry: dict[str, Any]) -> Span:
    start, end, label = (entry.get(name) for name in ("start", "end", "label"))
    kind = "_".join(label.split()) if isinstance(label, str) else ""
    places = type(start) is int and type(end) is int and 0 <= start < end <= len(text)
    if not places or not is_tag(f"B-{kind}"):
        raise table.error(row, column, f"has the entity {shown(entry)}", _EXPECTED)
    assert isinstance(start, int) and isinstance(end, int)
    return start, end, kind
