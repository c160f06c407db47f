"""What callers write, brought to the one form that is kept: texts, tuples, plain numbers."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from os import PathLike, fspath
from typing import Any


def as_text(value: Any) -> Any:
    """The text of a path; anything else as it is."""
    return fspath(value) if isinstance(value, PathLike) else value


def as_texts(value: str | PathLike[str] | Iterable[Any]) -> tuple[Any, ...]:
    """Several texts; a text alone is one."""
    return (as_text(value),) if isinstance(value, str | PathLike) else tuple(map(as_text, value))


def as_number(value: Any) -> Any:
    """NumPy's numbers as Python's; anything else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value
