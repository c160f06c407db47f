"""Several labels per row: a list, text with something between the labels, or columns of 0 and 1."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..._exceptions import DataError
from ..multilabel import indicators
from ._table import Table, listed, shown
from .label_mapping import Mapped, Target, numbers_of_names
from .labels import Labels, class_name, class_order, is_list_in_text, scalar

MULTILABEL = "multilabel"

SEPARATORS = ("|", ";", ",")
"""What may stand between labels in text; the first that occurs anywhere in the column does."""

_BRACKETED = re.compile(r"""\{['"\d-].*\}|\((['"]|-?\d+,).*\)|\(\)|set\(\)""", re.ASCII | re.DOTALL)
_QUOTED = re.compile(
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(\s+(?=['"]))?""", re.ASCII | re.DOTALL
)

_TRUE, _FALSE = ("1", "1.0", "true"), ("0", "0.0", "false")


def with_indicators(table: Table, label: str | None) -> Table:
    """The table with one column more where `label` names several, such as `joy,anger`.

    Raises:
        DataError: One of these columns is not there.
    """
    names = parts_of(label)
    if label is None or label in table.columns or len(names) < 2:
        return table
    if absent := [name for name in names if name not in table.columns]:
        raise DataError(
            f"{table.name} has no column {shown(absent[0])}, one of the labels {listed(names)}: "
            f"its columns are {listed(list(table.columns))}"
        )
    rows = zip(*(table.columns[name] for name in names), strict=True)
    column = [dict(zip(names, row, strict=True)) for row in rows]
    return replace(table, columns={**table.columns, label: column})


def parts_of(label: str | None) -> list[str]:
    """The columns that `label` names."""
    return [name.strip() for name in label.split(",")] if label else []


def holds_sets(cells: Sequence[Any]) -> bool:
    """Whether a column holds lists, as JSON and Parquet have them."""
    return any(isinstance(cell, list) for cell in cells)


def label_set(table: Table, row: int, column: str, between: str | None) -> list[str]:
    """The labels of a row by their names; none for an empty list or empty text.

    Args:
        table: The rows.
        row: The row, counted from 0.
        column: The column of the labels.
        between: What stands between labels in text; None where nothing does.

    Raises:
        DataError: The row has no list, or something in it that is not a label.
    """
    value = table.columns[column][row]
    if isinstance(value, dict):
        return [name for name, held in value.items() if _holds(table, row, name, held)]
    return _names(table, row, column, _entries(table, row, column, between))


def _names(table: Table, row: int, column: str, entries: Sequence[Any]) -> list[str]:
    known = table.class_names.get(column)
    names = (class_name(scalar(table, row, column, entry), known) for entry in entries)
    return list(dict.fromkeys(names))


def _entries(table: Table, row: int, column: str, between: str | None) -> list[Any]:
    """What the list or text of a row holds, as it stands there."""
    value = table.columns[column][row]
    if isinstance(value, str) and _is_printed(value):
        value = parsed_list(table, row, column, value.strip())
    if isinstance(value, str):
        parts = value.split(between) if between else [value]
        value = [part for part in parts if part.strip()]
    if value is None or (isinstance(value, float) and value != value):
        raise table.error(row, column, "has no labels", "a list, [] where none holds")
    return list(value) if isinstance(value, list | tuple) else [value]


def separator(table: Table, column: str) -> str | None:
    """What stands between labels in the text of a column; None where nothing does."""
    return _separator(table.columns[column])


def check_label_set(table: Table, row: int, column: str) -> None:
    """Raise as `label_set` where the labels of one row cannot be read."""
    label_set(table, row, column, _separator([table.columns[column][row]]))


def read_label_sets(table: Table, column: str) -> Labels:
    """The labels of training rows: in the order of their names, or of their columns.

    Raises:
        DataError: A row's labels cannot be read, or there are fewer than two labels in all.
    """
    between = separator(table, column)
    sets = _label_sets(table, column, between)
    first = table.columns[column][0]
    names = list(first) if isinstance(first, dict) else class_order({n for s in sets for n in s})
    if numbered := table.class_names.get(column):
        names = list(numbered)
    if len(names) < 2:
        raise DataError(
            f"{table.name}, column {shown(column)} has {listed(names) or 'no label'} as its only "
            f"label: expected two or more; for one label per text give `kind=classification`"
        )
    place = {name: number for number, name in enumerate(names)}
    for row, found in enumerate(sets):
        if strange := [name for name in found if name not in place]:
            expected = f"some of {listed(names)}"
            raise table.error(row, column, f"has the label {shown(strange[0])}", expected)
    values = [indicators([place[name] for name in row], len(names)) for row in sets]
    remark = _remark(between)
    return Labels(MULTILABEL, values, tuple(names), numbered=bool(numbered), remark=remark)


def map_label_sets(table: Table, column: str, target: Target) -> Mapped:
    """The labels of every row as the target has them.

    Raises:
        DataError: A row's labels cannot be read, or the target does not have one.
    """
    between = separator(table, column)
    sets = _label_sets(table, column, between)
    pairs = [(row, name) for row, names in enumerate(sets) for name in names]
    rows, given = [row for row, _ in pairs], [name for _, name in pairs]
    numbers, remark = numbers_of_names(table, column, target, given, rows)
    held: list[list[int]] = [[] for _ in sets]
    for (row, _), number in zip(pairs, numbers, strict=True):
        held[row].append(number)
    values = [indicators(found, len(target.label_names)) for found in held]
    return Mapped(values, "; ".join(filter(None, (_remark(between), remark))))


def _label_sets(table: Table, column: str, between: str | None) -> list[list[str]]:
    """The labels of every row; raises as `label_set`, or where the rows are vectors of 0 and 1."""
    rows = range(len(table))
    if any(isinstance(cell, dict) for cell in table.columns[column]):
        return [label_set(table, row, column, between) for row in rows]
    lists = [_entries(table, row, column, between) for row in rows]
    _refuse_vectors(table, column, lists)
    return [_names(table, row, column, entries) for row, entries in zip(rows, lists, strict=True)]


def _refuse_vectors(table: Table, column: str, lists: Sequence[list[Any]]) -> None:
    """Zeros and ones are no names where rows are equally long, and one has a number twice."""
    texts = [[str(entry).strip().casefold() for entry in entries] for entries in lists]
    alike = len(set(map(len, texts))) == 1 and len(texts[0]) > 1
    binary = all(text in (*_TRUE, *_FALSE) for row in texts for text in row)
    if alike and binary and any(len(set(row)) < len(row) for row in texts):
        raise DataError(
            f"{table.name}, column {shown(column)} has vectors of zeros and ones "
            f"({shown(lists[0])}): expected lists of the labels' names; give these, or a column of "
            f"0 and 1 per label, named with `label`"
        )


def _is_printed(text: str) -> bool:
    """Whether a text is a list, a set or a tuple as programs print it."""
    return is_list_in_text(text.strip()) or _BRACKETED.fullmatch(text.strip()) is not None


def _separator(cells: Sequence[Any]) -> str | None:
    texts = [cell for cell in cells if isinstance(cell, str) and not _is_printed(cell)]
    return next((mark for mark in SEPARATORS if any(mark in text for text in texts)), None)


def _remark(between: str | None) -> str:
    return f"several labels per row{f', {between!r} between them' if between else ''}"


def _holds(table: Table, row: int, column: str, value: Any) -> bool:
    text = str(value).strip().casefold()
    if text not in (*_TRUE, *_FALSE):
        found = "is empty" if value in (None, "") else f"is {shown(value)}"
        raise table.error(row, column, found, "1 where the label holds and 0 where it does not")
    return text in _TRUE


def parsed_list(table: Table, row: int, column: str, text: str) -> list[Any]:
    """A list as programs write it into text: `['joy', 'love']` or `[4, 20]`; a set or a tuple too.

    NumPy writes `['joy' 'love']`, which Python would read as one text.

    Raises:
        DataError: It is not such a list.
    """
    try:
        value = ast.literal_eval(_QUOTED.sub(lambda m: m[1] + "," if m[2] else m[1], text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = None
    if isinstance(value, set):
        return sorted(value, key=str)
    if not isinstance(value, list | tuple):
        raise table.error(row, column, f"is {shown(text)}", "a list such as ['joy', 'love']")
    return list(value)
