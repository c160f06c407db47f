"""Parquet and saved data sets: values as stored, and the names of classes."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Features, Value
from hypothesis import example, given
from hypothesis import strategies as st

from steadytune import DataError
from steadytune.tasks.files.arrow import dataset_table, read_parquet

from .fuzz import rows_or_one_line, table_of


def parquet(content: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(content, file)
    return file.getvalue()


PLAIN = parquet(pa.table({"text": ["a", None], "label": [1, 0]}))


def labelled() -> Dataset:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    return Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]}, features=features)


def test_values_are_read() -> None:
    table = table_of(read_parquet, PLAIN)
    assert table.columns == {"text": ["a", None], "label": [1, 0]}
    assert table.place(1) == "rows, row 2"
    assert table.class_names == {}


def test_class_names_come_with_a_data_set() -> None:
    assert dataset_table(labelled(), "rows").class_names == {"label": ("no", "yes")}


def test_class_names_come_with_a_data_sets_parquet() -> None:
    file = io.BytesIO()
    labelled().to_parquet(file)
    table = table_of(read_parquet, file.getvalue())
    assert table.class_names == {"label": ("no", "yes")}
    assert table.columns == {"text": ["a", "b"], "label": [1, 0]}


def test_metadata_that_are_wrong_are_left_aside() -> None:
    content = pa.table({"text": ["a"]}).replace_schema_metadata({"huggingface": "{]"})
    assert table_of(read_parquet, parquet(content)).class_names == {}


def test_a_format_of_the_data_set_changes_nothing() -> None:
    table = dataset_table(labelled().with_format("numpy"), "rows")
    assert table.columns == {"text": ["a", "b"], "label": [1, 0]}


def test_a_file_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="has no rows"):
        table_of(read_parquet, parquet(pa.table({"text": pa.array([], pa.string())})))


def test_one_name_for_two_columns_is_refused() -> None:
    content = pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    with pytest.raises(DataError, match="'text' twice"):
        table_of(read_parquet, parquet(content))


def test_bytes_that_are_no_text_are_refused() -> None:
    broken = pa.array([b"\xff"]).cast(pa.string(), safe=False)
    with pytest.raises(DataError, match="rows"):
        table_of(read_parquet, parquet(pa.table({"text": broken})))


@given(st.binary(max_size=40))
@example(b"PAR1" + b"\0" * 8 + b"PAR1")
def test_any_bytes(content: bytes) -> None:
    rows_or_one_line(read_parquet, content)


@given(st.integers(0, len(PLAIN) - 1), st.integers(0, 255))
def test_any_byte_changed(position: int, value: int) -> None:
    changed = bytearray(PLAIN)
    changed[position] = value
    rows_or_one_line(read_parquet, bytes(changed))
