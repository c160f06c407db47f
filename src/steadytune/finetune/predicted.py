"""Rows with predictions, and the files that they are written to."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from .._exceptions import ConfigError, DataError
from .._whole_file import write_whole
from ..tasks._problem import PREDICTION
from ..tasks.files._table import Table
from ..tasks.files.tags import TAGGING, words_of
from ..tasks.tagging import joined

Columns = dict[str, Sequence[Any]]

CONLL = ".conll"
"""The suffix of files with a word and its predicted tag a line."""


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


def write_rows(columns: Columns, path: str | Path) -> None:
    """Write rows in the format of the suffix, under a temporary name that is then renamed.

    Raises:
        ConfigError: If the suffix is unknown, does not suit the rows, or it cannot be written.
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


class _Lines(list[str]):
    """A file for `csv.writer`, which writes a line at a time."""

    def write(self, line: str) -> None:
        self.append(line)


def _csv(columns: Columns, delimiter: str = ",") -> bytes:
    lines = _Lines()
    # Python before 3.13 quotes a carriage return only where it is part of the line's end.
    writer = csv.writer(lines, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([_cell(value) for value in row])
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode()


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


def _conll(columns: Columns) -> bytes:
    if not isinstance(columns, Predicted) or columns.kind != TAGGING:
        raise ConfigError(
            "the rows have no words with predicted tags; expected those of `predict` with a model "
            "that tags words"
        )
    (name,) = columns.texts
    table = Table("the rows", {name: list(columns[name])}, range(1, len(columns[name]) + 1))
    words = (joined(words_of(table, row, name)).split(" ") for row in range(len(table)))
    sentences = (
        zip(row, str(tags).split(" "), strict=True)
        for row, tags in zip(words, columns[PREDICTION], strict=True)
    )
    blocks = ("".join(f"{word} {tag}\n" for word, tag in rows) for rows in sentences)
    return "\n".join(blocks).encode()


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
    CONLL: _conll,
}
