"""The predictions of packed records, in one file: those on the rows in domain.

They are what a report makes ensembles of. Predictions on other domains stay where they are: they
would take several times the room.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from .._exceptions import DataError
from .ledger import file_name
from .prediction_file import (
    PACKED_PREDICTIONS,
    Columns,
    by_run,
    read_predictions,
    write_predictions,
)
from .schema import Record

LARGEST = 2 * 2**30
"""Most bytes that the predictions of one folder unpack to."""


def pack_predictions(
    records: Iterable[tuple[Record, Sequence[Path]]], target: Path, left_out: list[str]
) -> tuple[bytes, int]:
    """The content of a file with the predictions of records, and how many of them have any.

    Args:
        records: The records that are packed, each with the folders that hold this very record: the
            first of them that has its predictions counts.
        target: The folder that is packed to.
        left_out: Gets a line for each unreadable file.

    Raises:
        DataError: If the target has such a file and it is damaged.
    """
    files = _Files(target, left_out)
    found: dict[str, Columns] = {}
    for record, folders in records:
        domain = record.task.in_domain if record.task and record.status == "ok" else ""
        name = Path(file_name(record)).stem
        each = (files.of_run(folder, name) for folder in folders)
        columns = next((splits[domain] for splits in each if domain in splits), None)
        if columns is not None:
            found[f"{name}/{domain}"] = columns
    file = io.BytesIO()
    write_predictions(file, found)
    return file.getvalue(), len(found)


class _Files:
    """Reads predictions, packed ones once a folder."""

    def __init__(self, target: Path, left_out: list[str]) -> None:
        self._left_out = left_out
        self._packed: dict[Path, dict[str, dict[str, Columns]]] = {}
        self._target = target / PACKED_PREDICTIONS

    def of_run(self, folder: Path, name: str) -> dict[str, Columns]:
        own = self._read(folder / "predictions" / f"{name}.npz")
        if own:
            return own
        if folder not in self._packed:
            self._packed[folder] = by_run(self._read(folder / PACKED_PREDICTIONS))
        return self._packed[folder].get(name, {})

    def _read(self, path: Path) -> dict[str, Columns]:
        if not path.is_file():
            return {}
        try:
            return dict(read_predictions(path, largest=LARGEST))
        except ValueError as error:
            if path == self._target:
                raise DataError(f"{path}: {error}; mend it or move it away") from error
            self._left_out.append(f"{path}: {error}")
            return {}
