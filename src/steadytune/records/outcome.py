"""What a run leaves behind: its record, and what its model said of every row."""

from __future__ import annotations

from dataclasses import dataclass

from .prediction_file import Predictions
from .record import Record


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run gives back; it travels between processes.

    Args:
        record: The record, in the format of docs/record.md.
        predictions: Split -> column -> one entry per row; None for a run that was not evaluated.
    """

    record: Record
    predictions: Predictions | None = None
