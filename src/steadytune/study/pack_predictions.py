"""The predictions of packed records, in one file: those on the rows in domain.

They are what a report makes ensembles of. Predictions on other domains stay where they are: they
would take several times the room.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from .._records.prediction_file import (
    PACKED_PREDICTIONS,
    Columns,
    of_run,
    read_predictions,
    write_predictions,
)
from .ledger import file_name
from .record import Record


def pack_predictions(
    records: Iterable[Record], folders: Sequence[Path], left_out: list[str]
) -> tuple[bytes, int]:
    """The content of a file with the predictions of records, and how many of them have any.

    Args:
        records: The records that are packed.
        folders: Folders of studies in which their predictions may lie, packed or not; the first
            that has a run's predictions counts.
        left_out: Gets a line for each file that cannot be read.
    """
    packed = {folder: _read(folder / PACKED_PREDICTIONS, left_out) for folder in folders}
    found: dict[str, Columns] = {}
    for record in records:
        name = Path(file_name(record)).stem
        domain = (record["task"] or {}).get("in_domain", "") if record["status"] == "ok" else ""
        for folder in folders:
            splits = _read(folder / "predictions" / f"{name}.npz", left_out)
            splits = splits or of_run(packed[folder], name)
            if domain in splits:
                found[f"{name}/{domain}"] = splits[domain]
                break
    file = io.BytesIO()
    write_predictions(file, found)
    return file.getvalue(), len(found)


def _read(path: Path, left_out: list[str]) -> dict[str, Columns]:
    if not path.is_file():
        return {}
    try:
        return dict(read_predictions(path))
    except ValueError as error:
        left_out.append(f"{path}: {error}")
        return {}
