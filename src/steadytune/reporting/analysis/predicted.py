"""Which runs have predictions to look at side by side: those that differ in their seed alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from ...records.prediction_file import Columns
from ..reading.run import Run
from .scoring import counts
from .section_numbers import SectionNumbers

MOST_RUNS = 20


def comparable_runs(section: SectionNumbers) -> Mapping[str, Sequence[Run]]:
    """The runs of each method on one training subset, at most twenty, in the order of their seeds.

    The subset is the same for all methods that have runs on it: the one where the method with the
    fewest runs has most.
    """
    runs = {method: list(filter(counts, section.runs_of(method))) for method in section.methods}
    numbers = {method: Counter(map(_subset, found)) for method, found in runs.items()}
    subsets = dict.fromkeys(subset for found in numbers.values() for subset in found)

    def shared(subset: str) -> tuple[int, int]:
        each = [found[subset] for found in numbers.values()]
        return min(each), sum(each)

    chosen = max(subsets, key=shared, default="")
    return {
        m: _by_seed([run for run in found if _subset(run) == chosen]) for m, found in runs.items()
    }


def same_rows(runs: Sequence[Columns]) -> list[Columns]:
    """The predictions whose rows are those of the first."""
    known = [run for run in runs if "idx" in run]
    return [run for run in known if np.array_equal(run["idx"], known[0]["idx"])]


def _subset(run: Run) -> str:
    return str((run.spec.subset_seed, run.spec.data_hash))


def _by_seed(runs: Sequence[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: run.spec.seed)[:MOST_RUNS]
