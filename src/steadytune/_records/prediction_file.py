"""Files of predictions: arrays in an npz archive, read without running anything.

Arrays are named `<split>/<column>`; where one file holds many runs, a split's name begins with that
of its run's record. Text is kept at a fixed width, so that no pickle is needed.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

PACKED_PREDICTIONS = "predictions.npz"
"""The file in a study's folder that holds the predictions of packed records."""

Columns = Mapping[str, NDArray[Any]]
Predictions = dict[str, dict[str, NDArray[Any]]]
"""Split -> column -> one entry a row, in row order."""

_UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    MemoryError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    TypeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What NumPy and zipfile raise for files that are no archive of arrays."""


def write_predictions(file: IO[bytes], predictions: Mapping[str, Mapping[str, Any]]) -> None:
    """Write predictions as a compressed archive.

    Args:
        file: Open for binary writing.
        predictions: Split -> column -> one entry a row; numbers, booleans or text.

    Raises:
        TypeError: If an entry is neither of these.
    """
    named = {
        f"{split}/{column}": _plain(values, f"{split}/{column}")
        for split, columns in predictions.items()
        for column, values in columns.items()
    }
    np.savez_compressed(file, **named)  # type: ignore[arg-type]


def read_predictions(path: Path) -> Predictions:
    """Read what `write_predictions` wrote. Objects that need a pickle are refused.

    Raises:
        ValueError: If the file holds no predictions or cannot be read, with the reason in one line.
    """
    found: Predictions = {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            for name in archive.files:
                split, _, column = name.rpartition("/")
                found.setdefault(split, {})[column] = archive[name]
    except _UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path.name} holds no predictions that can be read: {reason}") from error
    if "" in found:
        raise ValueError(f"{path.name} holds no predictions: its arrays do not name their split")
    return found


def of_run(packed: Mapping[str, Columns], name: str) -> dict[str, Columns]:
    """What a file of many runs holds of the run with that record, by split."""
    start = f"{name}/"
    return {split.removeprefix(start): packed[split] for split in packed if split.startswith(start)}


def _plain(values: Any, name: str) -> NDArray[Any]:
    """The values as an array that needs no pickle."""
    array = np.asarray(values)
    if array.dtype == object:
        if not all(isinstance(value, str) for value in array.flat):
            raise TypeError(f"{name}: expected numbers or text, got {array.dtype} values")
        array = array.astype(np.str_)
    if array.dtype.kind not in "biufU":
        raise TypeError(f"{name}: expected numbers or text, got {array.dtype} values")
    return array
