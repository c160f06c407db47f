"""Methods as options give them."""

from __future__ import annotations

from collections.abc import Sequence

from ..method_text import format_method, parse_method, split_methods

DEFAULT_METHODS = ("plain", "lnsr")


def read_methods(texts: Sequence[str]) -> tuple[str, ...]:
    """Methods in the form in which records name them.

    Args:
        texts: One method each, or several such as `plain,lnsr:std=0.05,strength=1`; none for the
            default.

    Raises:
        ConfigError: If a method or an option is unknown or does not fit.
    """
    pieces = [piece for text in texts or DEFAULT_METHODS for piece in split_methods(text)]
    return tuple(format_method(parse_method(piece)) for piece in pieces)
