"""Columns: too many, or two of one name, are refused before anything is made of them."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steadytune import DataError
from steadytune.tasks.files.arrow import read_parquet
from steadytune.tasks.files.delimited import read_csv, read_tsv
from steadytune.tasks.files.json_rows import read_json, read_json_lines

from .fuzz import Reader, table_of

TOO_MANY = r"^rows has [\d,]+ columns; expected at most 10,000, so leave out"


def csv_of(names: list[str]) -> bytes:
    return f"{','.join(names)}\n{',' * (len(names) - 1)}a\n".encode()


def tsv_of(names: list[str]) -> bytes:
    return csv_of(names).replace(b",", b"\t")


def parquet_of(names: list[str]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table([["a"]] * len(names), names), file)
    return file.getvalue()


def json_of(names: list[str]) -> bytes:
    pairs = ",".join(f"{json.dumps(name)}:1" for name in names)
    return f"[{{{pairs}}}]".encode()


def lines_of(names: list[str]) -> bytes:
    """A row for every column."""
    return b"".join(b'{"%s": 1}\n' % name.encode() for name in names)


@pytest.mark.parametrize(
    ("reader", "written", "number"),
    [
        (read_csv, csv_of, 200_000),
        (read_tsv, tsv_of, 200_000),
        (read_json, json_of, 100_000),
        (read_json_lines, lines_of, 50_000),
        (read_parquet, parquet_of, 10**4 + 1),
    ],
    ids=["csv", "tsv", "json", "lines", "parquet"],
)
def test_many_columns_are_refused_soon(
    reader: Reader, written: Callable[[list[str]], bytes], number: int
) -> None:
    content = written([f"c{column}" for column in range(number)])
    began = time.perf_counter()
    with pytest.raises(DataError, match=TOO_MANY):
        table_of(reader, content)
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    ("reader", "written"),
    [(read_csv, csv_of), (read_tsv, tsv_of), (read_parquet, parquet_of), (read_json, json_of)],
    ids=["csv", "tsv", "parquet", "json"],
)
def test_a_name_is_given_once(reader: Reader, written: Callable[[list[str]], bytes]) -> None:
    with pytest.raises(DataError, match=r"names the column 'b' twice|field 'b' appears twice"):
        table_of(reader, written(["a", "b", "c", "b"]))


def test_a_repeated_field_among_many_is_found_soon() -> None:
    content = json_of([*(f"c{field}" for field in range(100_000)), "c99999"])
    began = time.perf_counter()
    with pytest.raises(DataError, match="'c99999' appears twice"):
        table_of(read_json, content)
    assert time.perf_counter() - began < 10
