"""Fields of rows in the files of named tasks, each checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def field_of(row: Mapping[str, Any], name: str, fits: Callable[[Any], bool], expected: str) -> Any:
    """A field of a row of a named task's file: `datasets` would turn numbers into texts unasked.

    Raises:
        ValueError: It is not there, or is something else; the text says so.
    """
    if name not in row or not fits(row[name]):
        found = f"the {name} {str(row[name])[:40]!r}" if name in row else f"no {name}"
        raise ValueError(f"{found}: expected {expected}")
    return row[name]


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A text of a row; raises as `field_of`."""
    return str(field_of(row, name, lambda value: isinstance(value, str), "a text"))


def number_of(row: Mapping[str, Any], name: str = "label") -> float:
    """A number of a row; raises as `field_of`."""
    found: float = field_of(
        row,
        name,
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        "a number",
    )
    return found


def numbers_of(row: Mapping[str, Any], name: str, classes: int) -> list[int]:
    """The numbers of classes of a row; raises as `field_of`."""

    def fits(value: Any) -> bool:
        known = range(classes)
        return isinstance(value, list) and all(type(n) is int and n in known for n in value)

    found: list[int] = field_of(row, name, fits, f"a list of numbers from 0 to {classes - 1}")
    return found
