"""Predictions beside records: one file a run, or one for all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from steadytune.records.prediction_file import PACKED_PREDICTIONS, write_predictions
from steadytune.reporting.reading.predictions import PredictionFiles
from steadytune.reporting.reading.records import parse_folder
from tests.reporting.fabricated import record, write


def keep(path: Path, value: float, *splits: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        write_predictions(file, {split: {"value": np.array([value])} for split in splits})


def values(folder: Path, files: PredictionFiles) -> list[dict[str, float]]:
    runs = files.of_runs(parse_folder(folder)[0], ("movie", "tweet"))
    return [{name: float(c["value"][0]) for name, c in run.splits.items()} for run in runs]


def test_a_runs_own_file_is_read_before_the_packed_one(tmp_path: Path) -> None:
    folder = write(tmp_path, [record(seed=seed) for seed in range(3)])
    keep(folder / "predictions" / "00000.npz", 1.0, "movie", "tweet", "train")
    keep(folder / PACKED_PREDICTIONS, 2.0, "00000/movie", "00001/movie", "000010/movie")
    files = PredictionFiles()
    assert values(folder, files) == [{"movie": 1.0, "tweet": 1.0}, {"movie": 2.0}, {}]
    assert files.problems == []


def test_a_broken_packed_file_is_named_once(tmp_path: Path) -> None:
    folder = write(tmp_path, [record(seed=seed) for seed in range(3)])
    (folder / PACKED_PREDICTIONS).write_bytes(b"garbage")
    files = PredictionFiles()
    assert values(folder, files) == [{}, {}, {}]
    (problem,) = files.problems
    assert problem.startswith("predictions.npz was left out: ")


def test_a_run_without_result_has_no_predictions(tmp_path: Path) -> None:
    folder = write(tmp_path, [record(seed=0, status="diverged")])
    keep(folder / "predictions" / "00000.npz", 1.0, "movie")
    assert values(folder, PredictionFiles()) == [{}]
