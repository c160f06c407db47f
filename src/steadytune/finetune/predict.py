"""Predictions: rows of a file or in memory in, the same rows with predictions out."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from rich.console import Console

from .._exceptions import ConfigError, DataError
from .._inputs import as_text, as_texts
from .._whole_file import write_whole
from ..runs.evaluation import batch_count
from ..tasks.encoding import LONGEST_ANSWER
from ..tasks.files import Reading, Table, read_unlabelled, unlabelled_rows
from ..tasks.files._table import AS_USUAL
from .cut_rows import cut_warning, unread_words_warning
from .evaluate import encoding_of
from .evaluation_rows import columns_warning, text_columns
from .progress import work_bar
from .saved import SavedModel
from .scoring import predict_rows

Columns = dict[str, Sequence[Any]]


def predict_file(
    saved: SavedModel,
    where: str | Path,
    text: str | Sequence[str] = (),
    max_length: int | None = None,
    console: Console | None = None,
    how: Reading = AS_USUAL,
    max_answer_length: int = LONGEST_ANSWER,
) -> Columns:
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
        The columns of the file, in its order, and after them `prediction`, and for classes
        `probability_<class>`, for answers `score`.

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
) -> Columns:
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
    if twice := [name for name in names if names.count(name) > 1]:
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
) -> Columns:
    console = console or Console()
    text = as_texts(text)
    columns = text_columns(saved, text)
    there = set(saved.read_from.texts) <= set(table.columns)
    rows = unlabelled_rows(table, columns, text or (saved.read_from.texts if there else ()))
    warnings = [f"warning: {line}" for line in rows.warnings]
    for note in [*saved.notes, *rows.notes, *warnings, *columns_warning(saved, rows.columns, text)]:
        console.print(note, markup=False, soft_wrap=True)
    encoding = encoding_of(saved, max_length, max_answer_length)
    encoded = saved.problem.encode(rows.dataset, columns, saved.tokenizer, encoding)
    cut = {"the rows": encoded.share_cut}
    for warning in (
        cut_warning(cut, saved.problem, encoding.max_length, saved.positions),
        unread_words_warning({"the rows": encoded}),
    ):
        if warning:
            console.print(f"warning: {warning}", markup=False, soft_wrap=True)
    total = batch_count(len(encoded.dataset)) * len(saved.models)
    with work_bar(console, "predicting", total) as on_batch:
        predictions = predict_rows(saved, encoded, rows.dataset, on_batch)
    added = saved.problem.readable(predictions, saved.label_names)
    if taken := sorted(set(added) & set(table.columns)):
        raise DataError(
            f"{table.name} has a column {taken[0]!r}, which is what the predictions are called; "
            "rename it"
        )
    return {**rows.table.columns, **added}


def require_writable(path: Path, *, replace: bool) -> None:
    """Find out before any prediction whether the file can be written.

    Args:
        path: The file to write.
        replace: Whether a file that is there may be replaced.

    Raises:
        ConfigError: It cannot, or another file is there that must stay.
    """
    if path.exists() and not replace:
        raise ConfigError(f"{path} is there already; give another `out`, or `force` to replace it")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; give `out` a file")
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(
            f"cannot write {path}: {path.parent} is not a folder that can be written to; give "
            f"another `out`"
        )


def write_rows(columns: Columns, path: str | Path) -> None:
    """Write rows in the format of the suffix, under a temporary name that is then renamed.

    Raises:
        ConfigError: If the suffix is unknown, or it cannot be written.
    """
    path = Path(path)
    write_whole(path, formatter(path.name)(columns))


def formatter(name: str) -> Callable[[Columns], bytes]:
    """What writes rows into a file of that name.

    Raises:
        ConfigError: If its suffix is unknown.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in _FORMATTERS:
        known = ", ".join(_FORMATTERS)
        raise ConfigError(f"{name!r} has no known suffix: expected one of {known}")
    return _FORMATTERS[suffix]


def printed_name(where: str) -> str:
    """A file name in whose format rows of that file are printed: CSV stays CSV."""
    name = where.lower().removesuffix(".gz")
    return (
        "rows.tsv"
        if name.endswith(".tsv")
        else ("rows.csv" if name.endswith(".csv") else "rows.jsonl")
    )


def _csv(columns: Columns, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode()


def _tsv(columns: Columns) -> bytes:
    return _csv(columns, "\t")


def _json_lines(columns: Columns) -> bytes:
    rows = zip(*columns.values(), strict=True)
    lines = [_json({n: _value(v) for n, v in zip(columns, row, strict=True)}) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode()


def _parquet(columns: Columns) -> bytes:
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    try:
        content = pyarrow.table({name: list(cells) for name, cells in columns.items()})
    except (pyarrow.ArrowException, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"the rows fit no Parquet file ({reason}); write .jsonl") from error
    pyarrow.parquet.write_table(content, buffer)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    """What CSV can hold: lists and mappings as JSON."""
    return _json(value) if isinstance(value, dict | list) else value


def _value(value: Any) -> Any:
    """What JSON can hold: it has neither NaN nor infinity."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _json(value: Any) -> str:
    """Parquet holds dates, decimals and bytes too: they become text, as they do in CSV."""
    return json.dumps(value, ensure_ascii=False, default=str)


_FORMATTERS: Mapping[str, Callable[[Columns], bytes]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
