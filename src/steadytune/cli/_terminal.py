"""The console of the commands: options are named as one types them."""

from __future__ import annotations

from typing import Any

from .._console import SafeConsole
from ._app import with_dashes


class Terminal(SafeConsole):
    """A console that gives options their dashes in what the library prints."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print, as rich does."""
        super().print(*(with_dashes(o) if isinstance(o, str) else o for o in objects), **how)
