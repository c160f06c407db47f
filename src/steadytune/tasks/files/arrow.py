"""Reads Parquet, and rows that `datasets` holds, with the names of their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from ..._exceptions import DataError
from ._table import AS_USUAL, Reading, Table, first_line, require_columns

if TYPE_CHECKING:
    from datasets import Dataset, Features


def read_parquet(file: BinaryIO, name: str, how: Reading = AS_USUAL) -> Table:
    """All rows of a Parquet file.

    Raises:
        DataError: It is not a Parquet file, is damaged, or has no rows.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        content = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(file.read())).read()
        return arrow_table(content, name)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise DataError(
            f"{name} is not a Parquet file that can be read ({first_line(error)}): expected one; "
            f"write it again"
        ) from None


def dataset_table(rows: Dataset, name: str) -> Table:
    """The rows of a `datasets.Dataset` as they are stored: nothing is decoded.

    Raises:
        DataError: There are no rows, or two columns have one name.
        pyarrow.ArrowException: The rows are damaged.
    """
    return arrow_table(rows.with_format("arrow")[:], name, rows.features)


def arrow_table(content: Any, name: str, features: Features | None = None) -> Table:
    """A `pyarrow.Table` as Python values.

    Args:
        content: The table.
        name: What messages call it.
        features: What `datasets` knows of the columns; by default as the table's metadata say.

    Raises:
        DataError: There are no rows, or two columns have one name.
        pyarrow.ArrowException: The table is damaged.
    """
    content.validate(full=True)  # What a file says of its own layout can be wrong
    names = content.column_names
    require_columns(names, name)
    if not content.num_rows:
        raise DataError(f"{name} has no rows: expected one or more")
    columns = {column: content.column(column).to_pylist() for column in names}
    numbers = range(1, content.num_rows + 1)
    return Table(name, columns, numbers, class_names=_class_names(content.schema, features))


def _class_names(schema: Any, features: Features | None) -> dict[str, tuple[str, ...]]:
    from datasets import ClassLabel, Features

    if features is None:
        if b"huggingface" not in (schema.metadata or {}):
            return {}
        try:
            features = Features.from_arrow_schema(schema)
        except Exception:  # Metadata are a courtesy of the writer; nothing says what a bad one does
            return {}
    of_rows = {column: getattr(feature, "feature", feature) for column, feature in features.items()}
    return {
        column: tuple(feature.names)
        for column, feature in of_rows.items()
        if isinstance(feature, ClassLabel)
    }
