"""The predictions of runs: files beside their records, one a run, or one packed file for all.

They may be missing or broken: what can be read is read, what cannot is named, and a report stands
without them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..._records.prediction_file import PACKED_PREDICTIONS, of_run, read_predictions
from .schema import Record, clean_text

LARGEST_FILE = 256 * 2**20

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class PredictedRun:
    """A run and what its model predicted.

    Args:
        run: Its record.
        splits: Split -> column -> one entry a row; empty where nothing can be read.
    """

    run: Record
    splits: Mapping[str, Columns]


class PredictionFiles:
    """Reads predictions, packed ones once a folder, and keeps a line for each broken file."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._packed: dict[Path, Mapping[str, Columns]] = {}

    def of_runs(self, runs: Sequence[Record]) -> list[PredictedRun]:
        """The runs beside their predictions, in their order."""
        return [PredictedRun(run, self._of(run)) for run in runs]

    def _of(self, run: Record) -> Mapping[str, Columns]:
        if run.status != "ok" or run.origin is None:
            return {}
        folder = Path(run.origin.folder)
        own = folder / "predictions" / f"{run.origin.stem}.npz"
        if own.exists():
            return self._read(own)
        if folder not in self._packed:
            packed = folder / PACKED_PREDICTIONS
            self._packed[folder] = self._read(packed) if packed.exists() else {}
        return of_run(self._packed[folder], run.origin.stem)

    def _read(self, path: Path) -> Mapping[str, Columns]:
        try:
            _check_size(path)
            return read_predictions(path)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            line = clean_text(" ".join(str(error).split()))
            self.problems.append(f"{_called(path)} left out: {line}")
            return {}


def _called(path: Path) -> str:
    packed = path.name == PACKED_PREDICTIONS
    return f"{path.name} was" if packed else f"predictions of {clean_text(path.stem)} were"


def _check_size(path: Path) -> None:
    """A small archive can unpack to any size; what it says it unpacks to is also its limit."""
    if not path.is_file():
        raise ValueError("not a regular file")
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_FILE:
            raise ValueError(f"larger than {LARGEST_FILE // 2**20} MB")
