"""How much is said: results, warnings and errors always, notes unless quiet, details if asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


class Loudness(Enum):
    """How much is said."""

    QUIET = "quiet"
    USUAL = "usual"
    VERBOSE = "verbose"


LIBRARIES: Mapping[Loudness, Mapping[str, str]] = {
    Loudness.QUIET: {"HF_DATASETS_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
    Loudness.USUAL: {},
    Loudness.VERBOSE: {"TRANSFORMERS_VERBOSITY": "info", "DATASETS_VERBOSITY": "info"},
}
"""What libraries are told, by variables that they read when they are imported."""

_CHOSEN: ContextVar[Loudness] = ContextVar("loudness", default=Loudness.USUAL)


def loudness() -> Loudness:
    """How much is said here."""
    return _CHOSEN.get()


@contextmanager
def speaking(how: Loudness) -> Iterator[None]:
    """Say so much while the block lasts, the libraries too."""
    chosen, told = _CHOSEN.set(how), LIBRARIES[how]
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        with _of_transformers(how):
            yield
    finally:
        _CHOSEN.reset(chosen)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def say(console: Console, *lines: str) -> None:
    """Print lines as they are: what files hold is not markup."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def note(console: Console, *lines: str) -> None:
    """Print lines that tell how it goes, unless it is quiet."""
    if loudness() is not Loudness.QUIET:
        say(console, *lines)


def tell_settings(console: Console, what: str, values: Mapping[str, Any]) -> None:
    """Print what settings came to, in one line, if details are asked for; None is left out."""
    if loudness() is Loudness.VERBOSE:
        told = ", ".join(f"{name}={value}" for name, value in values.items() if value is not None)
        say(console, f"settings of {what}: {told}")


@contextmanager
def _of_transformers(how: Loudness) -> Iterator[None]:
    """The same where it is imported already, and does not read its variable again."""
    if how is not Loudness.VERBOSE or "transformers" not in sys.modules:
        yield
        return
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_info()
    try:
        yield
    finally:
        logging.set_verbosity(before)
