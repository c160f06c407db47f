"""The user's own rows: files, folders and data sets of the hub, checked row by row."""

from __future__ import annotations

from collections.abc import Sequence

from ._table import AS_USUAL, Reading, Table
from .columns import Columns
from .conll import holds_tags
from .label_mapping import Target
from .rows import PAIR, QUESTIONS, SENTENCES, SINGLE, Rows, further_rows, unlabelled_rows
from .secret_labels import is_learned, labelled_splits, to_choose_from
from .splits import TEST, VALIDATION, preferred_split, read_splits

__all__ = [
    "PAIR",
    "QUESTIONS",
    "SENTENCES",
    "SINGLE",
    "Reading",
    "Rows",
    "Table",
    "Target",
    "holds_tags",
    "read_evaluation_rows",
    "read_texts",
    "read_unlabelled",
    "unlabelled_rows",
]


def read_evaluation_rows(
    where: str,
    target: Target,
    text: Sequence[str] = (),
    label: str | None = None,
    *,
    required: tuple[bool, bool] = (False, False),
    how: Reading = AS_USUAL,
) -> Rows:
    """Rows to evaluate a model on.

    Args:
        where: A file, a folder, or a name on the Hugging Face hub; of several splits, the test
            rows are read if they have labels, or else the validation rows.
        target: What the rows have to fit.
        text: The text columns; guessed where they are not there or not given.
        label: The column of the truth, likewise.
        required: Whether the text columns, and the label, that are given have to be there.
        how: How files are read.

    Raises:
        DataError: Rows cannot be found or read, or do not fit; the text is one line.
    """
    splits = read_splits(where, how)
    learned = is_learned(target.label_names)
    columns, preferred = Columns(tuple(text), label), (TEST, VALIDATION)
    labelled, _ = labelled_splits(splits, columns, target.kind, learned=learned)
    table = preferred_split(to_choose_from(splits, labelled, preferred), preferred, where)
    return further_rows(table, target, text, label, required=required)


def read_unlabelled(where: str, how: Reading = AS_USUAL) -> Table:
    """The rows to predict for, with all their columns.

    Args:
        where: As for `read_evaluation_rows`; of several splits, the test rows, or else the
            validation rows.
        how: How files are read.

    Raises:
        DataError: Rows cannot be found or read.
    """
    return preferred_split(read_splits(where, how), (TEST, VALIDATION), where)


def read_texts(where: str, columns: Sequence[str], text: Sequence[str] = ()) -> Rows:
    """Rows to predict for: no truth is read, though there may be one.

    Args:
        where: As for `read_evaluation_rows`.
        columns: The text columns of the task that the model was trained on.
        text: What these are called there; empty to guess.

    Raises:
        DataError: Rows cannot be found or read, or lack a text.
    """
    return unlabelled_rows(read_unlabelled(where), columns, text)
