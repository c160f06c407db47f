"""How far a round of trainings is: it moves with every step, and ends as one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from .._counted import counted
from .._loudness import note
from .._progress import RunsProgress
from ..records.spec import RunSpec


class FitProgress(RunsProgress):
    """Shows one round; a context manager whose methods an executor calls.

    Args:
        console: Where to print.
        what: What the trainings are for.
        specs: The trainings.
        how: Further arguments of `Work`.
    """

    def __init__(self, console: Console, what: str, specs: Sequence[RunSpec], **how: Any) -> None:
        super().__init__(console, what, len(specs), **how)
        self._round = what

    def __exit__(self, kind: object, *rest: object) -> None:
        super().__exit__(kind, *rest)
        if kind is None:
            trainings = counted(self.runs, "training")
            note(self.console, f"{self._round}: {trainings}, {self.seconds:.0f} s")

    def count(self) -> str:
        """How many trainings have ended, in words."""
        return f"{self._round}: {len(self.ended)} of {self.runs}"
