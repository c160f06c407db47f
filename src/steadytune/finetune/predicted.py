"""Rows with predictions, and the files that they are written to."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import IO, Any

from .._exceptions import ConfigError, DataError
from .._whole_file import whole_file
from ..tasks._problem import PREDICTION, Predictions
from ..tasks.files._table import Table
from ..tasks.files.tags import TAGGING, words_of
from ..tasks.tagging import joined

Columns = dict[str, Sequence[Any]]

CONLL = ".conll"
"""The suffix of files with a word and its predicted tag a line."""

_CELLS = 2**18
"""Most cells of a piece of rows that is written at once."""


class Predicted(Columns):
    """Rows with predictions, by column.

    Args:
        columns: The columns.
        texts: Those that the predictions are made of.
        kind: The kind of task.
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]], texts: tuple[str, ...], kind: str):
        super().__init__(columns)
        self.texts, self.kind = texts, kind


@dataclass(frozen=True)
class PredictedRows:
    """Rows and what a model says of them, made readable piece by piece.

    With thousands of classes all probabilities as Python numbers would take gigabytes.

    Args:
        columns: The columns of the rows.
        predictions: What the model says, an entry a row.
        readable: Makes predictions columns that people read.
        texts: The columns that the predictions are made of.
        kind: The kind of task.
    """

    columns: Mapping[str, Sequence[Any]]
    predictions: Predictions
    readable: Callable[[Predictions], Mapping[str, Sequence[Any]]]
    texts: tuple[str, ...]
    kind: str

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def whole(self) -> Predicted:
        """All rows at once."""
        return self._piece(slice(None))

    def pieces(self) -> Iterator[Predicted]:
        """The rows in their order, some at a time."""
        width = len(self._piece(slice(1)))
        rows = max(1, _CELLS // width)
        for start in range(0, max(1, len(self)), rows):
            yield self._piece(slice(start, start + rows))

    def _piece(self, rows: slice) -> Predicted:
        own = {name: cells[rows] for name, cells in self.columns.items()}
        said = self.readable({name: array[rows] for name, array in self.predictions.items()})
        return Predicted({**own, **said}, self.texts, self.kind)


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


def require_tags(name: str, kind: str, model: str) -> None:
    """Refuse to write CoNLL's columns where it is not words that get tags.

    Args:
        name: The file's name.
        kind: What the model predicts.
        model: What the model is called.

    Raises:
        ConfigError: The suffix is that of tagged words, and the model predicts something else.
    """
    if Path(name).suffix.lower() == CONLL and kind != TAGGING:
        raise ConfigError(
            f"{name} has a tag for each word, and {model} is a model for {kind}; give `out` "
            "another suffix, such as .csv"
        )


def write_rows(rows: Columns | PredictedRows, path: str | Path) -> None:
    """Write rows in the format of the suffix, under a temporary name that is then renamed.

    Raises:
        ConfigError: If the suffix is unknown, does not suit the rows, or it cannot be written.
    """
    path = Path(path)
    write = formatter(path.name)
    with whole_file(path) as file:
        write(rows.pieces() if isinstance(rows, PredictedRows) else [rows], file)


def formatter(name: str) -> Callable[[Iterable[Columns], IO[bytes]], None]:
    """What writes pieces of rows into a file of that name.

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


class _Lines(list[str]):
    """A file for `csv.writer`, which writes a line at a time."""

    def write(self, line: str) -> None:
        self.append(line)


def _csv(pieces: Iterable[Columns], file: IO[bytes], delimiter: str = ",") -> None:
    for number, columns in enumerate(pieces):
        lines = _Lines()
        # Python before 3.13 quotes a carriage return only where it is part of the line's end.
        writer = csv.writer(lines, delimiter=delimiter, lineterminator="\r\n")
        if not number:
            writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow([_cell(value) for value in row])
        file.write("".join(line.removesuffix("\r\n") + "\n" for line in lines).encode())


def _tsv(pieces: Iterable[Columns], file: IO[bytes]) -> None:
    _csv(pieces, file, "\t")


def _json_lines(pieces: Iterable[Columns], file: IO[bytes]) -> None:
    for columns in pieces:
        for row in zip(*columns.values(), strict=True):
            line = _json({n: _value(v) for n, v in zip(columns, row, strict=True)})
            file.write(f"{line}\n".encode())


def _parquet(pieces: Iterable[Columns], file: IO[bytes]) -> None:
    import pyarrow
    import pyarrow.parquet

    try:
        tables = [pyarrow.table({n: list(cells) for n, cells in piece.items()}) for piece in pieces]
        # A column may be empty in one piece, or whole numbers there alone.
        content = pyarrow.concat_tables(tables, promote_options="permissive")
    except (pyarrow.ArrowException, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"the rows fit no Parquet file ({reason}); write .jsonl") from error
    pyarrow.parquet.write_table(content, file)


def _conll(pieces: Iterable[Columns], file: IO[bytes]) -> None:
    for number, columns in enumerate(pieces):
        if not isinstance(columns, Predicted) or columns.kind != TAGGING:
            raise ConfigError(
                "the rows have no words with predicted tags; expected those of `predict` with a "
                "model that tags words"
            )
        file.write((b"\n" if number else b"") + _sentences(columns).encode())


def _sentences(columns: Predicted) -> str:
    (name,) = columns.texts
    table = Table("the rows", {name: list(columns[name])}, range(1, len(columns[name]) + 1))
    words = (joined(words_of(table, row, name)).split(" ") for row in range(len(table)))
    sentences = (
        zip(row, str(tags).split(" "), strict=True)
        for row, tags in zip(words, columns[PREDICTION], strict=True)
    )
    return "\n".join("".join(f"{word} {tag}\n" for word, tag in rows) for rows in sentences)


def _cell(value: Any) -> Any:
    """What CSV can hold: lists and mappings as JSON."""
    return _json(value) if isinstance(value, dict | list) else value


def _value(value: Any) -> Any:
    """What JSON can hold: it has neither NaN nor infinity."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _json(value: Any) -> str:
    """Parquet holds dates, decimals and bytes too: they become text, as they do in CSV."""
    return json.dumps(value, ensure_ascii=False, default=str)


_FORMATTERS: Mapping[str, Callable[[Iterable[Columns], IO[bytes]], None]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
    CONLL: _conll,
}
