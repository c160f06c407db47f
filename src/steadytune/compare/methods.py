"""Methods as options give them: one text for all, or one by one."""

from __future__ import annotations

from collections.abc import Sequence

from .._exceptions import ConfigError
from ..method_text import format_method, parse_method, split_methods

DEFAULT_METHODS = "plain,lnsr"


def read_methods(text: str | None, single: Sequence[str] = ()) -> tuple[str, ...]:
    """Methods in the form in which records name them.

    Args:
        text: `plain,lnsr:std=0.05`; None for the default, if there are no single ones either.
        single: Methods one by one, instead of `text`.

    Raises:
        ConfigError: If a method or an option is unknown or does not fit, or both ways are used.
    """
    if text is not None and single:
        raise ConfigError("--methods and --method were both given; give all methods by one of them")
    pieces = single or split_methods(DEFAULT_METHODS if text is None else text)
    return tuple(format_method(parse_method(piece)) for piece in pieces)
