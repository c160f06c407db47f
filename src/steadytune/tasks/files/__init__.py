"""The user's own rows: files, folders and data sets of the hub, checked row by row."""

from __future__ import annotations

from ._table import Table
from .held_out import held_out_rows, text_key
from .label_mapping import Target
from .rows import Rows, further_rows, training_rows, unlabelled_rows
from .splits import read_file, read_splits, stem

__all__ = [
    "Rows",
    "Table",
    "Target",
    "further_rows",
    "held_out_rows",
    "read_file",
    "read_splits",
    "stem",
    "text_key",
    "training_rows",
    "unlabelled_rows",
]
