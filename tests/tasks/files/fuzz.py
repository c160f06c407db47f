"""What the tests of all readers share: any bytes give rows, or one line that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO

from hypothesis import strategies as st

from steadytune import DataError
from steadytune.tasks.files._table import Table

Reader = Callable[[BinaryIO, str], Table]

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def table_of(reader: Reader, content: bytes) -> Table:
    return reader(BytesIO(content), "rows")


def rows_or_one_line(reader: Reader, content: bytes) -> None:
    try:
        table = table_of(reader, content)
    except DataError as error:
        assert "rows" in str(error)
        assert len(str(error).splitlines()) == 1
    else:
        assert len(table) > 0
        assert all(len(column) == len(table) for column in table.columns.values())
