"""How far the predictions of runs that differ in their seed alone lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from ..._exceptions import ConfigError
from ...metrics.multilabel import THRESHOLD, label_sets
from ...metrics.ordinal import GRADE
from ...records.prediction_file import Columns
from ...stats import (
    LabelDisagreement,
    ValueDisagreement,
    class_disagreement,
    label_disagreement,
    value_disagreement,
)
from ..reading.predictions import PredictedRun
from .predicted import same_rows
from .section_numbers import Disagreement, SectionNumbers
from .tagged import TAGS, word_probabilities

MOST_ROWS = 5000
MOST_NUMBERS = 2**23
"""Most numbers of all runs together: with thousands of classes, fewer examples are compared."""

Found = LabelDisagreement | ValueDisagreement


def disagreements(
    section: SectionNumbers, method: str, runs: Sequence[PredictedRun]
) -> list[Disagreement]:
    """Compare the runs of a method, domain by domain."""
    names = section.task.label_names
    return [
        Disagreement(method, scores.domain, compared)
        for scores in section.domains
        if (compared := _compare(_columns(runs, scores.domain.name), names)) is not None
    ]


def _columns(runs: Sequence[PredictedRun], domain: str) -> list[Columns]:
    return [run.splits[domain] for run in runs if domain in run.splits]


def _compare(runs: Sequence[Columns], names: Sequence[str]) -> Found | None:
    """None below two runs with the same rows and the same columns, or where they make no sense."""
    runs = same_rows(runs)
    if len(runs) < 2:
        return None
    try:
        return _statistic(runs, names)
    except (ConfigError, ValueError, TypeError, IndexError):
        return None


def _statistic(runs: Sequence[Columns], names: Sequence[str]) -> Found | None:
    runs = _thinned(runs)
    if all(TAGS in run for run in runs):
        return _of_sentences(runs, names)
    if all(THRESHOLD in run for run in runs):
        return _of_sets(_stacked(runs, "logits"), _stacked(runs, THRESHOLD))
    if all("logits" in run for run in runs):
        return class_disagreement(softmax(_stacked(runs, "logits").astype(np.float64), axis=-1))
    if all(GRADE in run for run in runs):
        return label_disagreement(_stacked(runs, GRADE))
    if all("value" in run for run in runs):
        return value_disagreement(_stacked(runs, "value"))
    if all("text" in run for run in runs):
        return label_disagreement(_stacked(runs, "text"))
    return None


def _of_sentences(runs: Sequence[Columns], names: Sequence[str]) -> LabelDisagreement:
    """Answers are the tags of whole sentences; the divergence is the mean over words."""
    answers = label_disagreement(_stacked(runs, TAGS))
    words = np.stack([word_probabilities(run, names) for run in runs])
    return replace(answers, jensen_shannon=class_disagreement(words).jensen_shannon)


def _of_sets(logits: NDArray[Any], thresholds: NDArray[Any]) -> LabelDisagreement:
    """Answers are sets of labels; the divergence is the mean over labels that hold or not."""
    shares = expit(logits.astype(np.float64))
    sets = [label_sets(run, threshold) for run, threshold in zip(logits, thresholds, strict=True)]
    numbers = np.unique(np.concatenate(sets), axis=0, return_inverse=True)[1]
    pairs = np.stack([shares, 1 - shares], axis=-1).reshape(len(logits), -1, 2)
    apart = class_disagreement(pairs).jensen_shannon
    return replace(label_disagreement(numbers.reshape(len(logits), -1)), jensen_shannon=apart)


def _thinned(runs: Sequence[Columns]) -> list[Columns]:
    """The same examples of every column, evenly spaced, as many as there is room for."""
    columns = runs[0].values()
    width = max(column[:1].size for column in columns) * len(runs)
    most = max(1, min(MOST_ROWS, MOST_NUMBERS // max(1, width)))
    stride = max(1, -(-max(map(len, columns)) // most))
    return [{name: column[::stride] for name, column in run.items()} for run in runs]


def _stacked(runs: Sequence[Columns], column: str) -> NDArray[Any]:
    """(runs, examples, ...)."""
    return np.stack([run[column] for run in runs])
