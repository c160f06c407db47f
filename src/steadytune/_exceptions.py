"""The errors steadytune raises on purpose.

SteadytuneError
├── NoResultError   no training ended with a result
├── ConfigError     an invalid method, option or setting
├── ModelError      an unusable model: it does not load, or its layers are not found
└── DataError       an unreadable file, download or row
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class SteadytuneError(Exception):
    """Base of all: its text is one line with what was given, what was expected, what to do."""


class NoResultError(SteadytuneError):
    """No training ended with a result."""


class ConfigError(SteadytuneError, ValueError):
    """An invalid method, option or setting."""


class ModelError(SteadytuneError):
    """An unusable model: it does not load, or its layers are not found."""


class DataError(SteadytuneError):
    """An unreadable file, download or row."""


@contextmanager
def interrupts_unwrapped() -> Iterator[None]:
    """Raise KeyboardInterrupt in place of an error that it caused.

    During an import, Python and libraries can turn a Ctrl-C into another error, which would look
    like a failed run.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, KeyboardInterrupt):
                raise KeyboardInterrupt from error
            hidden = cause.__suppress_context__  # by `raise ... from None`
            cause = cause.__cause__ or (None if hidden else cause.__context__)
        raise
