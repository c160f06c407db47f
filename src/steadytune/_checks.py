"""Checks of options, each with one line that names the option, the value and what was expected."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from numbers import Real
from typing import Any

from ._exceptions import ConfigError

LARGEST_SEED = 2**64 - 1
"""Of a run: random generators take no larger one."""

LARGEST_COUNT = 10_000_000
"""Of steps, rows, draws and the like: a run would not end with more, or not fit into memory."""


def check_at_least(name: str, value: float, low: float) -> None:
    """`value` must be a finite number of at least `low`."""
    if not (_is_finite(value) and value >= low):
        raise ConfigError(f"{name}={value!r} is not possible; expected a finite number >= {low:g}")


def check_above(name: str, value: float, low: float) -> None:
    """`value` must be a finite number above `low`."""
    if not (_is_finite(value) and value > low):
        raise ConfigError(
            f"{name}={value!r} is not possible; expected a finite number above {low:g}"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    """Whether it is a number that a float can hold."""
    try:
        return _is_number(value) and math.isfinite(value)
    except OverflowError:
        return False


def check_count(name: str, value: int, low: int, most: int = LARGEST_COUNT) -> None:
    """`value` must be a whole number from `low` to `most`, given as an `int`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < low:
        raise ConfigError(f"{name}={value!r} is not possible; expected a whole number >= {low}")
    if value > most:
        raise ConfigError(f"{name}={value!r} is not possible; expected at most {most:,}")


def repeated(values: Iterable[Any]) -> list[Any]:
    """The first of the values that appears twice, alone in a list; empty if all are distinct."""
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            return [value]
        seen.add(value)
    return []


def check_seed(seed: int, most: int = LARGEST_SEED) -> None:
    """`seed` must be a whole number from 0 to `most`."""
    check_count("seed", seed, 0, most)


def check_share(name: str, value: float) -> None:
    """`value` must be above 0 and at most 1."""
    if not (_is_number(value) and 0 < value <= 1):
        raise ConfigError(f"{name}={value!r} is not possible; expected a share above 0, at most 1")


def check_below_one(name: str, value: float) -> None:
    """`value` must be at least 0 and below 1."""
    if not (_is_number(value) and 0 <= value < 1):
        raise ConfigError(f"{name}={value!r} is not possible; expected a share below 1, at least 0")


def check_pattern(name: str, value: str) -> None:
    """`value` must be a regular expression."""
    try:
        re.compile(value)
    except re.error as error:
        raise ConfigError(
            f"{name}={value!r} is not a regular expression ({error}); "
            "put a backslash before characters that are meant as they are"
        ) from None


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """`value` must be one of `choices`."""
    if value not in choices:
        guess = near(str(value), choices, 1, show=repr)
        raise ConfigError(
            f"{name}={value!r} is not possible; expected one of {', '.join(choices)}"
            f"{guess and '; '}{guess}"
        )


def check_fields(what: str, given: Iterable[str], options: type[Any]) -> None:
    """Every name that was given must be an option of `what`, a field of the dataclass `options`."""
    known = [field.name for field in fields(options)]
    for name in given:
        if name not in known:
            guess = near(name, known) or f"expected some of {', '.join(known)}"
            raise ConfigError(f"{what} has no option {name!r}; {guess}")


def near(
    name: str,
    known: Iterable[str],
    most: int = 3,
    show: Callable[[str], str] = str,
    end: str = "",
) -> str:
    """A question for the reader: which of the known names is meant? Empty if none is like `name`.

    Args:
        name: What was given.
        known: What is known.
        most: Most names that the question has.
        show: How a name is written.
        end: What follows the question.
    """
    found = [show(match) for match in get_close_matches(name, list(known), n=most)]
    return f"did you mean {' or '.join(found)}?{end}" if found else ""
