"""Files of predictions: arrays in an npz archive, read without running anything.

Arrays are named `<split>/<column>`; where one file holds many runs, a split's name begins with that
of its run's record. Text is kept at a fixed width, so that no pickle is needed.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .._untrusted import open_regular

PACKED_PREDICTIONS = "predictions.npz"
"""The file in a study's folder that holds the predictions of packed records."""

LARGEST_PREDICTIONS = 4 * 2**30
"""Most bytes that a file of predictions is unpacked to."""

Columns = Mapping[str, NDArray[Any]]
Predictions = dict[str, dict[str, NDArray[Any]]]
"""Split -> column -> one entry per row, in row order."""

_KINDS = "biufU"
"""Kinds of NumPy's types that predictions have: booleans, numbers and text."""

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
        predictions: Split -> column -> one entry per row; numbers, booleans or text.

    Raises:
        TypeError: If an entry is neither of these.
    """
    named = {
        f"{split}/{column}": _plain(values, f"{split}/{column}")
        for split, columns in predictions.items()
        for column, values in columns.items()
    }
    np.savez_compressed(file, **named)  # type: ignore[arg-type]


def read_predictions(
    path: Path,
    runs: Collection[str] | None = None,
    largest: int = LARGEST_PREDICTIONS,
    splits: Collection[str] | None = None,
) -> Predictions:
    """Read what `write_predictions` wrote. Objects that need a pickle are refused.

    Args:
        path: The file.
        runs: Of a file that holds many runs, the names of the records of those that are read.
        largest: Most bytes that are unpacked.
        splits: Of a file of one run, the splits that are read.

    Raises:
        ValueError: If the file has no predictions, cannot be read or unpacks to more, with the
            reason in one line.
    """
    found: Predictions = {}
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as archive:
            names = [
                name
                for name in archive.files
                if (runs is None or name.partition("/")[0] in runs)
                and (splits is None or name.rpartition("/")[0] in splits)
            ]
            _require_size(archive, names, largest)
            for name in names:
                split, _, column = name.rpartition("/")
                found.setdefault(split, {})[column] = _array(archive[name])
    except _UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path.name} has no predictions that can be read: {reason}") from error
    if "" in found:
        raise ValueError(f"{path.name} has no predictions: its arrays do not name their split")
    return found


def unreadable(path: Path) -> str | None:
    """Why a file of predictions cannot be read; None where it can."""
    try:
        read_predictions(path)
    except ValueError as error:
        return str(error)
    return None


def by_run(packed: Mapping[str, Columns]) -> dict[str, dict[str, Columns]]:
    """What a file of many runs holds, by the name of a run's record and by split."""
    found: dict[str, dict[str, Columns]] = {}
    for name, columns in packed.items():
        run, _, split = name.partition("/")
        found.setdefault(run, {})[split] = columns
    return found


def _require_size(archive: Any, names: Collection[str], largest: int) -> None:
    """A small archive can unpack to any size; what it says it unpacks to is also its limit."""
    wanted = {f"{name}.npy" for name in names} | set(names)
    size = sum(m.file_size for m in archive.zip.infolist() if m.filename in wanted)
    if size > largest:
        raise ValueError(f"larger than {largest // 2**20} MB")


def _array(content: object) -> NDArray[Any]:
    """An archive may hold other files, and arrays of anything."""
    if not isinstance(content, np.ndarray) or not content.ndim or content.dtype.kind not in _KINDS:
        raise ValueError("expected arrays of numbers or text, one entry per row")
    return content


def _plain(values: Any, name: str) -> NDArray[Any]:
    """The values as an array that needs no pickle."""
    array = np.asarray(values)
    if array.dtype == object:
        if not all(isinstance(value, str) for value in array.flat):
            raise TypeError(f"{name}: expected numbers or text, got {array.dtype} values")
        array = array.astype(np.str_)
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"{name}: expected numbers or text, got {array.dtype} values")
    return array
