"""Draws docs/pictures/lottery.svg: single seeds, and averages of three, from committed records.

    python benchmarks/lottery.py [FOLDER] [PICTURE]

FOLDER holds packed records and predictions of studies/main.yaml, by default docs/evidence/main.
An average takes three neighbouring seeds (1 to 3, 2 to 4, ..., 10 and 1 and 2) and leaves out those
that did not learn their training examples, as `--keep ensemble` does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from ensembles_of_plain import outputs
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

matplotlib.use("svg")

Array = NDArray[np.float64]
Score = Callable[[Array, Array], float]


def of_classes(metric: Callable[..., Any]) -> Score:
    return lambda output, labels: float(metric(labels.astype(int), output.argmax(axis=1)))


TASKS: dict[str, tuple[str, Score]] = {
    "stsb": ("similarity (stsb), Pearson", lambda output, y: float(np.corrcoef(output, y)[0, 1])),
    "cola": ("acceptability (cola), Matthews", of_classes(matthews_corrcoef)),
    "mrpc": ("paraphrase (mrpc), F1", of_classes(f1_score)),
    "sst2": ("sentiment (sst2), accuracy", of_classes(accuracy_score)),
}
SIDES = (("plain", 1, "plain", "#888888"), ("mixout", 1, "Mixout", "#E69F00"))
AVERAGED = ("mixout", 3, "3 seeds\nof Mixout", "#0072B2")


def scores(folder: Path, task: str, method: str, size: int) -> list[float]:
    """One score per seed, in points: of the average of `size` neighbouring seeds."""
    each, labels, learned = outputs(folder, task, method)
    _, score = TASKS[task]
    found = []
    for first in range(len(each)):
        group = np.arange(first, first + size) % len(each)
        kept = group[learned[group]]
        output = each[kept if len(kept) else group].mean(axis=0)
        found.append(100 * score(output, labels))
    return found


def dots(axes: Axes, title: str, columns: list[tuple[str, str, list[float]]]) -> None:
    """A dot per score, beside each other where they would overlap: label, colour and scores."""
    for place, (_, colour, scores_of_column) in enumerate(columns):
        shift = 0.09 * (3 * np.arange(len(scores_of_column)) % 5 - 2)
        axes.scatter(
            place + shift, sorted(scores_of_column), s=26, color=colour, alpha=0.85, linewidths=0
        )
    axes.set_title(title, fontsize=10)
    axes.set_xticks(range(len(columns)), [label for label, *_ in columns], fontsize=9)
    axes.set_xlim(-0.6, len(columns) - 0.4)
    axes.tick_params(axis="y", labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def draw(panels: dict[str, list[tuple[str, str, list[float]]]], picture: Path) -> None:
    """A panel of dots for each title, saved with the same bytes each time."""
    figure = Figure(figsize=(10, 3.1), layout="constrained")
    for axes, (title, columns) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        dots(axes, title, columns)
    figure.patch.set_facecolor("white")
    with matplotlib.rc_context({"svg.hashsalt": "lottery", "svg.fonttype": "path"}):
        figure.savefig(picture, metadata={"Date": None})


def main(folder: Path, picture: Path) -> None:
    columns = (*SIDES, AVERAGED)
    panels = {
        title: [(label, colour, scores(folder, task, m, n)) for m, n, label, colour in columns]
        for task, (title, _) in TASKS.items()
    }
    draw(panels, picture)


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    defaults = [Path("docs/evidence/main"), Path("docs/pictures/lottery.svg")]
    main(*given, *defaults[len(given) :])
