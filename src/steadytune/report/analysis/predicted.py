"""Which runs have predictions to look at side by side: those that differ in their seed alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..reading.predictions import Columns, PredictedRun, PredictionFiles
from ..reading.schema import Record
from .scoring import counts
from .setting import Setting

MOST_RUNS = 20

Predicted = Mapping[str, Sequence[PredictedRun]]
"""Method -> its runs, those without predictions too."""


def predicted_runs(setting: Setting, files: PredictionFiles) -> Predicted:
    """The runs of each method on one training subset, the one with the most; at most twenty."""
    return {m: files.of_runs(_comparable(setting.runs_of(m))) for m in setting.methods}


def same_rows(runs: Sequence[Columns]) -> list[Columns]:
    """The predictions whose rows are those of the first."""
    known = [run for run in runs if "idx" in run]
    return [run for run in known if np.array_equal(run["idx"], known[0]["idx"])]


def _comparable(runs: Sequence[Record]) -> list[Record]:
    subsets: dict[object, list[Record]] = {}
    for run in filter(counts, runs):
        key = (run.spec.subset_seed, (run.spec.model_extra or {}).get("data_hash"))
        subsets.setdefault(str(key), []).append(run)
    most = max(subsets.values(), key=len, default=[])
    return sorted(most, key=lambda run: run.spec.seed)[:MOST_RUNS]
