"""The console of the commands: options are named as one types them."""

from __future__ import annotations

from typing import Any

from rich.status import Status

from .._console import SafeConsole
from .._loudness import Loudness, loudness
from ._app import with_dashes


class Terminal(SafeConsole):
    """A console that gives options their dashes in what the library prints."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print, as rich does."""
        super().print(*(with_dashes(o) if isinstance(o, str) else o for o in objects), **how)

    def status(self, status: Any, **how: Any) -> Status:
        """A spinner, as rich has it; nothing moves where it is quiet, or among lines of a log."""
        if loudness() is Loudness.USUAL:
            return super().status(status, **how)
        return Status(status, console=SafeConsole(quiet=True), **how)
