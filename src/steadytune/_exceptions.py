"""The errors steadytune raises on purpose.

SteadytuneError
├── NoResultError   trainings that ran without a result
├── ConfigError     an invalid method, option or setting
├── ModelError      a model that cannot be loaded or whose layers cannot be found
└── DataError       a file, download or row that cannot be read
"""

from __future__ import annotations


class SteadytuneError(Exception):
    """Base of all: its text is one line with what was given, what was expected, what to do."""


class NoResultError(SteadytuneError):
    """No training ended with a result."""


class ConfigError(SteadytuneError, ValueError):
    """An invalid method, option or setting."""


class ModelError(SteadytuneError):
    """A model that cannot be loaded or whose layers cannot be found."""


class DataError(SteadytuneError):
    """A file, download or row that cannot be read."""
