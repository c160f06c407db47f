"""Texts that runs generated, and what the most typical ones of several runs score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..._exceptions import ConfigError
from ...metrics.seq2seq import TEXT_METRICS, likeness, most_alike, of_rows, row_arrays
from ...records.prediction_file import Columns

TEXT = "text"

MOST_PAIRS = 1_000_000
"""Pairs of texts that are compared at most: they take about two minutes."""


def are_generated(run: Columns) -> bool:
    """Whether these are texts with one true text each; questions have several answers."""
    return TEXT in run and "label" in run and run["label"].dtype.kind == "U"


def text_scorer(metric: str, runs: Sequence[Columns]) -> Callable[[Sequence[int]], float | None]:
    """The metric of what some of these runs, given by their places, say together.

    That is of each row the text of theirs that is most like those of all by chrF, as an ensemble
    says it.

    Raises:
        ValueError: The metric is unknown, the columns are no texts, there are too many, or a
            package is missing.
    """
    if metric not in TEXT_METRICS:
        raise ValueError(f"ensembles are not scored by {metric}")
    if any(run[TEXT].dtype.kind != "U" for run in runs):
        raise ValueError("its predictions have texts that are not text")
    truths = [text.strip() for text in runs[0]["label"].tolist()]
    rows, texts = len(truths), [run[TEXT].tolist() for run in runs]
    if any(len(said) != rows for said in texts):
        raise ValueError("its predictions have another number of texts than of labels")
    if rows * len(runs) * (len(runs) - 1) // 2 > MOST_PAIRS:
        raise ValueError(f"comparing {rows} texts of {len(runs)} runs with each other takes long")
    try:
        arrays = np.stack([np.stack(row_arrays(metric, said, truths)) for said in texts])
        alike = np.stack([likeness(each) for each in zip(*texts, strict=True)])
    except ConfigError as error:
        raise ValueError(str(error)) from error

    def score(places: Sequence[int]) -> float | None:
        group = np.asarray(places)
        taken = group[most_alike(alike[:, group[:, None], group])]
        return of_rows(metric, *arrays[taken, :, np.arange(rows)].T)

    return score
