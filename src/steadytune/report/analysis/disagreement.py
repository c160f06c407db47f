"""How far the predictions of runs that differ in their seed alone lie apart.

Predictions are files beside the records. They may be missing or broken: what can be read is
compared, what cannot is named, and the report stands without them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._exceptions import ConfigError
from ..._records.prediction_file import read_predictions
from ...stats import (
    LabelDisagreement,
    ValueDisagreement,
    class_disagreement,
    label_disagreement,
    value_disagreement,
)
from ..reading.schema import Record, clean_text
from .setting import Domain, Setting

MOST_RUNS = 20
MOST_ROWS = 5000
LARGEST_FILE = 256 * 2**20

Columns = Mapping[str, NDArray[Any]]
Found = LabelDisagreement | ValueDisagreement


@dataclass(frozen=True)
class Disagreement:
    """One method on one domain."""

    method: str
    domain: Domain
    found: Found


def disagreements(setting: Setting) -> tuple[tuple[Disagreement, ...], list[str]]:
    """Compare the runs of each method, domain by domain, and say which files cannot be read."""
    results: list[Disagreement] = []
    problems: list[str] = []
    for method in setting.methods:
        predictions, unreadable = _read(_comparable(setting.runs_of(method)))
        problems += unreadable
        for scores in setting.domains:
            name = scores.domain.name
            columns = [p[name] for p in predictions if name in p]
            compared = _compare(columns)
            if compared is not None:
                results.append(Disagreement(method, scores.domain, compared))
    return tuple(results), problems


def _comparable(runs: Sequence[Record]) -> list[Record]:
    """Finished runs on one training subset, the one with the most runs; at most twenty."""
    subsets: dict[object, list[Record]] = {}
    for run in runs:
        if run.status == "ok" and run.origin is not None:
            key = (run.spec.subset_seed, (run.spec.model_extra or {}).get("data_hash"))
            subsets.setdefault(str(key), []).append(run)
    most = max(subsets.values(), key=len, default=[])
    return sorted(most, key=lambda run: run.spec.seed)[:MOST_RUNS]


def _read(runs: Sequence[Record]) -> tuple[list[Mapping[str, Columns]], list[str]]:
    found: list[Mapping[str, Columns]] = []
    problems: list[str] = []
    for path in filter(Path.exists, map(_path, runs)):
        try:
            _check_size(path)
            found.append(read_predictions(path))
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            problems.append(f"predictions of {clean_text(path.stem)} were left out: {_line(error)}")
    return found, problems


def _path(run: Record) -> Path:
    assert run.origin is not None
    return Path(run.origin.folder) / "predictions" / f"{run.origin.stem}.npz"


def _check_size(path: Path) -> None:
    """A small archive can unpack to any size; what it says it unpacks to is also its limit."""
    if not path.is_file():
        raise ValueError("not a regular file")
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_FILE:
            raise ValueError(f"larger than {LARGEST_FILE // 2**20} MB")


def _line(error: Exception) -> str:
    return clean_text(" ".join(str(error).split()))


def _compare(runs: Sequence[Columns]) -> Found | None:
    """None below two runs with the same rows and the same columns, or where they make no sense."""
    runs = _same_rows(runs)
    if len(runs) < 2:
        return None
    try:
        return _statistic(runs)
    except (ConfigError, ValueError, TypeError):
        return None


def _same_rows(runs: Sequence[Columns]) -> list[Columns]:
    """The runs whose rows are those of the first."""
    known = [run for run in runs if "idx" in run]
    return [run for run in known if np.array_equal(run["idx"], known[0]["idx"])]


def _statistic(runs: Sequence[Columns]) -> Found | None:
    if all("logits" in run for run in runs):
        return class_disagreement(_softmax(_stacked(runs, "logits")))
    if all("value" in run for run in runs):
        return value_disagreement(_stacked(runs, "value"))
    if all("text" in run for run in runs):
        return label_disagreement(_stacked(runs, "text"))
    return None


def _stacked(runs: Sequence[Columns], column: str) -> NDArray[Any]:
    """(runs, examples, ...): at most 5,000 examples, evenly spaced."""
    stacked = np.stack([run[column] for run in runs])
    stride = max(1, -(-stacked.shape[1] // MOST_ROWS))
    return stacked[:, ::stride]


def _softmax(logits: NDArray[Any]) -> NDArray[Any]:
    from scipy.special import softmax

    probabilities: NDArray[Any] = softmax(logits.astype(np.float64), axis=-1)
    return probabilities
