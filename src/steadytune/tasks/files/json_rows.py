"""Reads JSON: an object per line, a list of objects, or SQuAD's nested form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, NoReturn

from ..._checks import repeated
from ..._exceptions import DataError
from ._bytes import text_lines, whole_text
from ._table import AS_USUAL, Reading, Table, shown, table_of_records

_EXAMPLE = 'an object such as {"text": "...", "label": "..."}'


class _RepeatedKey(ValueError):
    """An object that names a field twice."""


def read_json_lines(file: BinaryIO, name: str, how: Reading = AS_USUAL) -> Table:
    """An object per line; blank lines are left out.

    Raises:
        DataError: The file is empty, or a line is not a JSON object.
    """
    return _table_of_lines(text_lines(file, name, how.encoding), name)


def read_json(file: BinaryIO, name: str, how: Reading = AS_USUAL) -> Table:
    """A list of objects, the same under the key `data`, SQuAD's nested form, or an object per line.

    Raises:
        DataError: The file is empty, or is none of these.
    """
    text = whole_text(file, name, how.encoding)
    if not text.strip():
        _refuse_empty(name)
    try:
        content = _parse(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _table_of_lines(enumerate(text.split("\n"), start=1), name)
        raise _invalid(name, error.lineno, error) from None
    except (ValueError, RecursionError) as error:
        raise _invalid(name, 1, error) from None
    return _table_of_content(content, name)


def _table_of_lines(lines: Any, name: str) -> Table:
    records = [(number, _object(line, name, number)) for number, line in lines if line.strip()]
    if not records:
        _refuse_empty(name)
    return table_of_records(records, name, "line")


def _object(line: str, name: str, number: int) -> Mapping[str, Any]:
    try:
        content = _parse(line)
    except (ValueError, RecursionError) as error:
        raise _invalid(name, number, error) from None
    return _require_object(content, f"{name}, line {number}")


def _require_object(content: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise DataError(f"{place} is {shown(content)}: expected {_EXAMPLE}; correct the file")
    return content


def _table_of_content(content: Any, name: str) -> Table:
    if isinstance(content, dict) and isinstance(content.get("data"), list):
        if _is_nested(content["data"]):
            from .squad import nested_table

            return nested_table(content, name)
        content = content["data"]
    if not isinstance(content, list):
        raise DataError(
            f"{name} is one JSON value: expected a list of objects, or an object per line; give one"
        )
    records = [
        (number, _require_object(entry, f"{name}, entry {number}"))
        for number, entry in enumerate(content, start=1)
    ]
    if not records:
        _refuse_empty(name)
    return table_of_records(records, name, "entry")


def _is_nested(entries: Sequence[Any]) -> bool:
    return bool(entries) and isinstance(entries[0], dict) and "paragraphs" in entries[0]


def _parse(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_distinct)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        (twice,) = repeated(key for key, _ in pairs)
        raise _RepeatedKey(f"the field {shown(twice)} appears twice")
    return content


def _invalid(name: str, line: int, error: Exception) -> DataError:
    if isinstance(error, json.JSONDecodeError):
        reason = f"{error.msg} at position {error.colno}"
    elif isinstance(error, RecursionError):
        reason = "lists or objects nested too deep"
    elif isinstance(error, _RepeatedKey):
        reason = str(error)
    else:
        reason = "a number of too many digits"
    return DataError(
        f"{name}, line {line} is not valid JSON ({reason}): expected {_EXAMPLE}; correct the file"
    )


def _refuse_empty(name: str) -> NoReturn:
    raise DataError(f"{name} is empty: expected one row or more")
