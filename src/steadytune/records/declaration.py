"""What is known of a field beside its type: its words, its range, and how it is told.

A dataclass whose fields are made by `declare` is checked, explained and offered as options by what
stands in that one place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from math import inf, isfinite
from typing import Any

from .._checks import LARGEST_COUNT, check_at_least, check_choice, check_count
from .._exceptions import ConfigError
from .._inputs import as_number, as_text

Check = Callable[[str, Any], Any]
"""Takes a field's name and value, returns the value in the form in which it is kept."""

WRITTEN_OUT = object()
"""In the place of a neutral value: the field is always part of a run's hash."""

_DECLARATION = "steadytune"


@dataclass(frozen=True)
class Declaration:
    """What is known of a field beside its type and its default.

    Args:
        label: What reports and model cards call it.
        check: What its values must be.
        help: What the command line says of it; a field without is none of its options.
        unset: What stands for None, in words.
        option: Its name on the command line; by default its own with dashes.
        metavar: What the command line calls a value; by default its type.
        aliases: Names of transformers' scripts, which the command line takes too.
        neutral: What the code did before the field existed. A field at that value stays out of a
            run's hash, so that older records keep theirs. It never changes, unlike the default.
    """

    label: str
    check: Check
    help: str = ""
    unset: str = ""
    option: str = ""
    metavar: str | None = None
    aliases: tuple[str, ...] = ()
    neutral: Any = WRITTEN_OUT


def declare(label: str, check: Check, *, default: Any = MISSING, **more: Any) -> Any:
    """A field with its declaration; `more` are further arguments of `Declaration`."""
    return dataclasses.field(
        default=default, metadata={_DECLARATION: Declaration(label, check, **more)}
    )


def declarations(cls: type) -> dict[str, Declaration]:
    """The declared fields of a class and of those that it extends, by name, in order."""
    bases = [base for base in reversed(cls.__mro__) if dataclasses.is_dataclass(base)]
    fields = [field for base in bases for field in dataclasses.fields(base)]
    return {f.name: f.metadata[_DECLARATION] for f in fields if _DECLARATION in f.metadata}


def word(name: str, value: Any) -> Any:
    """Any text."""
    value = as_text(value)
    if not isinstance(value, str):
        raise ConfigError(f"{name}={value!r} is not possible; expected text")
    return value


def count(least: int, most: int = LARGEST_COUNT) -> Check:
    """A whole number."""

    def check(name: str, value: Any) -> Any:
        value = as_number(value)
        check_count(name, value, least, most)
        return value

    return check


def choice(*choices: str) -> Check:
    """One of several words."""

    def check(name: str, value: Any) -> Any:
        check_choice(name, value, choices)
        return value

    return check


def _as_float(value: Any) -> Any:
    """3 and 3.0 are one run, and would be two in JSON."""
    value = as_number(value)
    try:
        return float(value) if type(value) is int else value
    except OverflowError:
        return inf


def positive(name: str, value: Any) -> Any:
    """A finite number above 0."""
    value = _as_float(value)
    if not (isinstance(value, float) and isfinite(value) and value > 0):
        raise ConfigError(f"{name}={value!r} is not possible; expected a finite number above 0")
    return value


def positive_to(most: float) -> Check:
    """A number above 0 and at most `most`."""

    def check(name: str, value: Any) -> Any:
        value = positive(name, value)
        _require_at_most(name, value, most)
        return value

    return check


def _require_at_most(name: str, value: float, most: float) -> None:
    if value > most:
        raise ConfigError(f"{name}={value!r} is not possible; expected at most {most:,}")


def not_negative(name: str, value: Any) -> Any:
    """A finite number of at least 0."""
    value = _as_float(value)
    check_at_least(name, value, 0)
    return value


def share(name: str, value: Any) -> Any:
    """A number from 0 to 1."""
    value = not_negative(name, value)
    if value > 1:
        raise ConfigError(f"{name}={value!r} is not possible; expected a share, 0 to 1")
    return value


def yes_or_no(name: str, value: Any) -> Any:
    """True or False."""
    if not isinstance(value, bool):
        raise ConfigError(f"{name}={value!r} is not possible; expected true or false")
    return value
