"""JSON: an object per line, a list of objects, and the same under `data`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steadytune.tasks.files.json_rows import read_json, read_json_lines

from .fuzz import JSON_VALUES, rows_or_one_line, table_of

ROWS = [{"text": "a", "label": 1}, {"text": "b\u2028c", "label": None}]
OBJECTS = st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=3)


def as_lines(rows: list[Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS).encode(),
        json.dumps({"data": ROWS}).encode(),
        as_lines(ROWS),
        b"\xef\xbb\xbf" + json.dumps(ROWS, indent=1).encode(),
    ],
)
def test_every_form_is_read(content: bytes) -> None:
    assert table_of(read_json, content).columns == {"text": ["a", "b\u2028c"], "label": [1, None]}


def test_lines_have_their_numbers() -> None:
    table = table_of(read_json_lines, b'\n{"text": "a"}\r\n\n{"label": 2}\n')
    assert table.columns == {"text": ["a", None], "label": [None, 2]}
    assert [table.place(row) for row in range(2)] == ["rows, line 2", "rows, line 4"]


def test_entries_have_their_numbers() -> None:
    assert table_of(read_json, json.dumps(ROWS).encode()).place(1) == "rows, entry 2"


@given(st.lists(OBJECTS, min_size=1, max_size=3))
def test_what_is_written_is_read(rows: list[dict[str, Any]]) -> None:
    table = table_of(read_json_lines, "".join(json.dumps(row) + "\n" for row in rows).encode())
    for position, row in enumerate(rows):
        for key, value in row.items():
            assert repr(table.columns[key][position]) == repr(value)  # NaN differs from itself


@given(st.binary(max_size=40) | st.text('{}[]",:0 \nae', max_size=30).map(str.encode))
@example(b'"\xf0"')
@example(b"[[" * 50_000)
@example(b"9" * 5000)
def test_any_bytes(content: bytes) -> None:
    rows_or_one_line(read_json, content)
    rows_or_one_line(read_json_lines, content)


@given(JSON_VALUES)
@example({"data": [{"paragraphs": None}]})
@example({"data": [{"paragraphs": [{"context": "\ud800", "qas": []}]}]})
def test_any_value(value: Any) -> None:
    rows_or_one_line(read_json, json.dumps(value).encode())
    rows_or_one_line(read_json, json.dumps({"data": value}).encode())
