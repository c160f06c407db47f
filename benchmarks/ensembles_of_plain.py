"""What ensembles of plain runs score: of all, of those that learned, and without the lowest run.

    python benchmarks/ensembles_of_plain.py [FOLDER]

FOLDER holds packed records and predictions of studies/main.yaml, by default docs/evidence/main. The
report has the second column; the first shows why `steadytune train --keep ensemble` leaves out
runs that learned nothing, the third how much hangs on a single run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.special import softmax

from steadytune.metrics.confusion_counts import class_counts, matthews_of_counts
from steadytune.metrics.regression import correlation
from steadytune.reporting import read_folder
from steadytune.stats import EnsembleScores, ensemble_scores, is_degenerate

SIZES = (1, 2, 3, 5)

Array = NDArray[np.float64]


def matthews(probabilities: Array, labels: Array) -> float:
    table = class_counts(probabilities.argmax(axis=1), labels.astype(np.int64), 2)
    return 100 * (matthews_of_counts(table) or 0.0)


def pearson(values: Array, labels: Array) -> float:
    return 100 * (correlation("pearson", values, labels) or 0.0)


def outputs(folder: Path, task: str, arm: str = "plain") -> tuple[Array, Array, NDArray[np.bool_]]:
    """What each run of an arm predicts, the labels, and whether it learned its training rows."""
    every = read_folder(folder).records
    runs = [r for r in every if r["spec"]["task"] == task and r["arm"]["name"] == arm]
    metric = runs[0]["task"]["metric"]
    constant = runs[0]["task"]["constant"]["train"]
    train = [run["results"]["train"][metric] or 0.0 for run in runs]
    with np.load(folder / "predictions.npz", allow_pickle=False) as archive:
        names = [f"{run['origin']['stem']}/{task}" for run in runs]
        column = "value" if f"{names[0]}/value" in archive else "logits"
        each = np.stack([archive[f"{name}/{column}"] for name in names]).astype(np.float64)
        labels = archive[f"{names[0]}/label"]
    each = softmax(each, axis=-1) if column == "logits" else each
    return each, labels, np.array([not is_degenerate(score, constant) for score in train])


def scored(
    each: Array, labels: Array, learned: NDArray[np.bool_], score: Callable[[Array, Array], float]
) -> tuple[EnsembleScores, ...]:
    """Ensembles of the runs that learned, of groups that have any."""

    def of_group(group: NDArray[np.intp]) -> float:
        kept = group[learned[group]]
        return score(each[kept if len(kept) else group].mean(axis=0), labels)

    return ensemble_scores(of_group, len(each), SIZES, np.random.default_rng(0))


def text(found: EnsembleScores) -> str:
    spread = "" if found.std is None else f" ({found.std:.1f})"
    if found.interval is None:
        return f"{found.mean:.1f}{spread}"
    low, high = found.interval.low, found.interval.high
    return f"{found.mean:.1f}{spread}, gain {found.gain:+.1f} ({low:+.1f} to {high:+.1f})"


def main(folder: Path) -> None:
    for task, score in (("cola", matthews), ("stsb", pearson)):
        each, labels, learned = outputs(folder, task)
        all_runs = np.ones_like(learned)
        rest = np.argsort([score(one, labels) for one in each])[1:]
        found = (
            scored(each, labels, all_runs, score),
            scored(each, labels, learned, score),
            scored(each[rest], labels, learned[rest], score),
        )
        table = Table(
            "runs", "of all", f"of the {learned.sum()} that learned", "without the lowest"
        )
        table.title = f"plain on {task}"
        for row in zip(*found, strict=True):
            table.add_row(str(row[0].size), *map(text, row))
        Console(width=140).print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/evidence/main"))
