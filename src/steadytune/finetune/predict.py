"""Predictions: rows of a file or in memory in, the same rows with predictions out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from .._checks import repeated
from .._console import SafeConsole
from .._exceptions import DataError
from .._inputs import as_text, as_texts
from .._loudness import note, say, tell_settings
from .._progress import Work
from ..runs.evaluation import batch_count
from ..tasks.encoding import LONGEST_ANSWER
from ..tasks.files import Reading, Table, read_unlabelled, unlabelled_rows
from ..tasks.files._table import AS_USUAL
from .cut_rows import cut_warning, unread_words_warning
from .evaluate import encoding_of
from .evaluation_rows import columns_warning, text_columns
from .predicted import PredictedRows
from .saved import SavedModel
from .scoring import predict_rows


def predict_file(
    saved: SavedModel,
    where: str | Path,
    text: str | Sequence[str] = (),
    max_length: int | None = None,
    console: Console | None = None,
    how: Reading = AS_USUAL,
    max_answer_length: int = LONGEST_ANSWER,
) -> PredictedRows:
    """Predict for the rows of a file.

    Args:
        saved: The model.
        where: The file; a label column is not needed and not read.
        text: The text columns; guessed if not given.
        max_length: Maximum number of tokens per input; None takes what the model was trained with.
        console: Where notes and progress go; by default where `print` goes.
        how: How the file is read.
        max_answer_length: Most tokens an answer (question answering).

    Returns:
        The rows: `whole()` gives the columns of the file, in its order, and after them
        `prediction`, and for classes `probability_<class>`, for answers `score`.

    Raises:
        SteadytuneError: If the file cannot be read or lacks a text.
    """
    table = read_unlabelled(as_text(where), how)
    return _predict_table(saved, table, text, max_length, console, max_answer_length)


def predict_columns(
    saved: SavedModel,
    columns: Any,
    text: str | Sequence[str] = (),
    max_length: int | None = None,
    console: Console | None = None,
) -> PredictedRows:
    """Predict for rows in memory: `predict_columns(saved, {"text": ["Good.", "Bad."]})`.

    Args:
        saved: The model.
        columns: Name -> one value per row: a mapping of lists, a data frame, or a
            `datasets.Dataset`.
        text: The text columns; guessed if not given.
        max_length: Maximum number of tokens per input; None takes what the model was trained with.
        console: Where notes and progress go; by default where `print` goes.

    Returns:
        As `predict_file`.

    Raises:
        SteadytuneError: If there is no row, one lacks a text, or columns differ in length.
    """
    held = _columns_of(columns)
    lengths = {name: len(values) for name, values in held.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"the columns have different numbers of rows: {listed}")
    rows = next(iter(lengths.values()), 0)
    if not rows:
        raise DataError("there are no rows to predict for: expected one or more")
    table = Table("the table", held, range(1, rows + 1))
    return _predict_table(saved, table, text, max_length, console)


def _columns_of(given: Any) -> dict[str, list[Any]]:
    """Columns of a mapping, a data frame or a `datasets.Dataset`, as lists of Python's values."""
    if not (isinstance(given, Mapping) or hasattr(given, "columns") or hasattr(given, "features")):
        raise DataError(
            f"rows were given as {type(given).__name__}; expected columns, such as "
            '{"text": ["Good.", "Bad."]}'
        )
    names = list(getattr(given, "column_names", None) or getattr(given, "columns", given))
    if twice := repeated(names):
        raise DataError(f"column {twice[0]!r} appears twice; rename one of them")
    held = {str(name): given[name] for name in names}
    for name, column in held.items():
        if isinstance(column, str | bytes) or not hasattr(column, "__len__"):
            raise DataError(f"column {name!r} is {column!r}; expected a list, with a value per row")
    return {
        name: column.tolist() if hasattr(column, "tolist") else list(column)
        for name, column in held.items()
    }


def _predict_table(
    saved: SavedModel,
    table: Table,
    text: str | Sequence[str],
    max_length: int | None,
    console: Console | None,
    max_answer_length: int = LONGEST_ANSWER,
) -> PredictedRows:
    console = console or SafeConsole()
    _require_free(table, saved.problem.readable_names(saved.label_names))
    text = as_texts(text)
    columns = text_columns(saved, text)
    there = set(saved.read_from.texts) <= set(table.columns)
    rows = unlabelled_rows(table, columns, text or (saved.read_from.texts if there else ()))
    warnings = [f"warning: {line}" for line in rows.warnings]
    note(console, *saved.notes, *rows.notes)
    say(console, *warnings, *columns_warning(saved, rows.columns, text))
    encoding = encoding_of(saved, max_length, max_answer_length)
    tell_settings(console, saved.name, asdict(encoding))
    encoded = saved.problem.encode(rows.dataset, columns, saved.tokenizer, encoding)
    cut = {"the rows": encoded.share_cut}
    for warning in (
        cut_warning(cut, saved.problem, encoding.max_length, saved.positions),
        unread_words_warning({"the rows": encoded}),
    ):
        if warning:
            say(console, f"warning: {warning}")
    total = batch_count(len(encoded.dataset)) * len(saved.models)
    with Work(console, "predicting", total) as work:
        predictions = predict_rows(saved, encoded, rows.dataset, work.advance)
    readable = partial(saved.problem.readable, label_names=saved.label_names)
    texts = rows.columns.texts
    return PredictedRows(rows.table.columns, predictions, readable, texts, saved.kind)


def _require_free(table: Table, added: Iterable[str]) -> None:
    if taken := sorted(set(added) & set(table.columns)):
        raise DataError(
            f"{table.name} has a column {taken[0]!r}, which is what the predictions are called; "
            "rename it"
        )
