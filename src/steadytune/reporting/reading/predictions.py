"""The predictions of runs: files beside their records, one a run, or one packed file for all.

They may be missing or broken: what can be read is read, what cannot is named, and a report stands
without them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...records.prediction_file import PACKED_PREDICTIONS, Columns, by_run, read_predictions
from ...records.schema import clean_text
from .run import Run

LARGEST_FILE = 256 * 2**20
"""Most bytes that are unpacked of a run's file, and of a packed one for the runs of a method."""

SMALL_FILE = LARGEST_FILE // 4
"""A packed file that unpacks to at most as many bytes is read once, for all methods."""


@dataclass(frozen=True, eq=False)
class PredictedRun:
    """A run and what its model predicted.

    Args:
        run: Its record.
        splits: Split -> column -> one entry a row; empty where nothing can be read.
    """

    run: Run
    splits: Mapping[str, Columns]


class PredictionFiles:
    """Reads predictions, and keeps a line for each file that is broken."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._small: dict[Path, dict[str, dict[str, Columns]] | None] = {}

    def of_runs(self, runs: Sequence[Run], splits: Collection[str]) -> list[PredictedRun]:
        """The runs beside their predictions on these splits, in their order."""
        places = [_place(run) for run in runs]
        packed = self._packed([place for place in places if place and not place.exists()])
        return [
            PredictedRun(run, packed[place] if place in packed else self._own(place, splits))
            for run, place in zip(runs, places, strict=True)
        ]

    def _own(self, place: Path | None, splits: Collection[str]) -> Mapping[str, Columns]:
        return self._read(place, splits=splits) if place else {}

    def _packed(self, places: Sequence[Path]) -> dict[Path, Mapping[str, Columns]]:
        """The predictions of runs without a file of their own, by where that would be."""
        found: dict[Path, Mapping[str, Columns]] = {}
        for folder in {place.parents[1] for place in places}:
            names = {place.stem: place for place in places if place.parents[1] == folder}
            path = folder / PACKED_PREDICTIONS
            runs = self._whole(path) or by_run(self._read(path, names))
            found |= {place: runs.get(name, {}) for name, place in names.items()}
        return found

    def _whole(self, path: Path) -> dict[str, dict[str, Columns]] | None:
        """All runs of a packed file, if it is small and sound; None otherwise."""
        if path not in self._small:
            self._small[path] = None
            with suppress(OSError, ValueError):
                if path.is_file():
                    self._small[path] = by_run(read_predictions(path, largest=SMALL_FILE))
        return self._small[path]

    def _read(
        self,
        path: Path,
        runs: Collection[str] | None = None,
        splits: Collection[str] | None = None,
    ) -> Mapping[str, Columns]:
        if not path.exists():
            return {}
        try:
            return read_predictions(path, runs, LARGEST_FILE, splits)
        except (OSError, ValueError) as error:
            line = f"{_called(path)} left out: {clean_text(' '.join(str(error).split()))}"
            if line not in self.problems:
                self.problems.append(line)
            return {}


def _place(run: Run) -> Path | None:
    """Where the run's own file would be; None for a run that left no predictions."""
    if run.status != "ok" or not run.study:
        return None
    return Path(run.study) / "predictions" / f"{run.stem}.npz"


def _called(path: Path) -> str:
    packed = path.name == PACKED_PREDICTIONS
    return f"{path.name} was" if packed else f"predictions of {clean_text(path.stem)} were"
