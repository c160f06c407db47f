"""What ensembles of plain runs score on cola with and without the runs that learned nothing.

    python benchmarks/ensembles_with_all.py [FOLDER]

FOLDER holds packed records and predictions, by default docs/evidence/main. The report has the
second of the two; this shows why `steadytune train --keep ensemble` leaves such runs out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.special import softmax

from steadytune.metrics.confusion_counts import counts, matthews_of_counts
from steadytune.report import read_folder
from steadytune.stats import ensemble_scores

SIZES = (1, 2, 3, 5)


def main(folder: Path) -> None:
    runs = [
        record
        for record in read_folder(folder).records
        if record["spec"]["task"] == "cola" and record["arm"]["name"] == "plain"
    ]
    with np.load(folder / "predictions.npz", allow_pickle=False) as archive:
        names = [f"{run['origin']['stem']}/cola" for run in runs]
        each = np.stack([softmax(archive[f"{name}/logits"], axis=1) for name in names])
        labels = archive[f"{names[0]}/label"]
    learned = np.array([(run["results"]["train"]["matthews"] or 0.0) > 0 for run in runs])

    def score_of(group: NDArray[np.intp]) -> float:
        predicted = each[group].mean(axis=0).argmax(axis=1)
        return 100 * (matthews_of_counts(counts(predicted, labels, 2)) or 0.0)

    def score_of_learned(group: NDArray[np.intp]) -> float:
        kept = group[learned[group]]
        return score_of(kept if len(kept) else group)

    table = Table("runs in an ensemble", "of all runs", f"of the {learned.sum()} that learned")
    rng = np.random.default_rng(0)
    found = (ensemble_scores(s, len(runs), SIZES, rng) for s in (score_of, score_of_learned))
    for every, chosen in zip(*found, strict=True):
        cells = (f"{f.mean:.1f} ({f.std or 0:.1f})" for f in (every, chosen))
        table.add_row(str(every.size), *cells)
    Console().print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/evidence/main"))
