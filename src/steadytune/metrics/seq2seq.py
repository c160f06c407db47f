"""ROUGE and chrF of generated texts, by the libraries that papers use, and what looks wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._exceptions import ConfigError
from . import Scores

CHRF, EXACT_MATCH = "chrf", "exact_match"
ROUGE = ("rouge1", "rouge2", "rougeL")
TEXT_METRICS = (CHRF, *ROUGE, EXACT_MATCH)

SAME, EMPTY, COPIED = "share_same", "share_empty", "share_copied"
"""Shares of the rows: with the most frequent text, with none, with a text of their own input."""

_DIGITS = 9
"""Sums of likenesses that agree in so many are equal, in whatever order they were added up."""


def row_scores(metric: str, predicted: Sequence[str], truths: Sequence[str]) -> NDArray[Any]:
    """What a metric is made of, row by row.

    Args:
        metric: One of `TEXT_METRICS`.
        predicted: The generated texts.
        truths: As many true ones.

    Returns:
        Shape (rows, 18) for chrF: for 1 to 6 characters the numbers of n-grams of the prediction,
        of the truth and of both. Shape (rows,) for the others, whose mean is the metric.
    """
    if metric == EXACT_MATCH:
        return np.array([*map(str.__eq__, predicted, truths)], dtype=np.float64)
    chrf, rouge = scorers()
    if metric == CHRF:
        # What sacrebleu's own bootstrap draws again.
        counts = chrf._extract_corpus_statistics(predicted, [truths])
        return np.array(counts, dtype=np.int64).reshape(len(truths), 3 * chrf.order)
    scores = (rouge.score(truth, text) for text, truth in zip(predicted, truths, strict=True))
    return np.array([found[metric].fmeasure for found in scores], dtype=np.float64)


def chrf_of(*counts: NDArray[np.int64]) -> float | None:
    """The chrF of rows as a share from 0 to 1, of the columns of their counts."""
    if not len(counts[0]):
        return None
    found: float = scorers()[0]._compute_f_score([int(column.sum()) for column in counts])
    return found / 100


def row_arrays(
    metric: str, predicted: Sequence[str], truths: Sequence[str]
) -> tuple[NDArray[Any], ...]:
    """The columns of `row_scores`, one entry per row each."""
    rows = row_scores(metric, predicted, truths)
    return tuple(rows.T) if metric == CHRF else (rows,)


def of_rows(metric: str, *arrays: NDArray[Any]) -> float | None:
    """One of `TEXT_METRICS` of the columns of `row_arrays`, or of some of their rows."""
    if metric == CHRF:
        return chrf_of(*arrays)
    return float(arrays[0].mean()) if len(arrays[0]) else None


def text_score(metric: str, predicted: Sequence[str], truths: Sequence[str]) -> float | None:
    """One of `TEXT_METRICS`, a share from 0 to 1; None where there are no rows."""
    return of_rows(metric, *row_arrays(metric, predicted, truths))


def flaws(predicted: Sequence[str], inputs: Sequence[Sequence[str]]) -> Scores:
    """`SAME`, `EMPTY` and `COPIED`; None where there are no rows; `SAME` of fewer than two, too.

    Args:
        predicted: The generated texts.
        inputs: Of each row the texts that the model read.
    """
    if not predicted:
        return dict.fromkeys((SAME, EMPTY, COPIED))
    copied = [
        bool(text) and text in map(str.strip, row)
        for text, row in zip(predicted, inputs, strict=True)
    ]
    most = max(Counter(predicted).values())
    numbers = most, sum(not text for text in predicted), sum(copied)
    shares: Scores = {
        name: number / len(predicted)
        for name, number in zip((SAME, EMPTY, COPIED), numbers, strict=True)
    }
    return shares if len(predicted) > 1 else {**shares, SAME: None}


def medoid(texts: Sequence[str], weights: Sequence[float]) -> int:
    """The place of the text that is most like the others by chrF; of equal ones the first.

    Minimum Bayes risk decoding (Eikema and Aziz, EMNLP 2022): as a draw from the models, each text
    is a reference for all.

    Args:
        texts: Texts for one input.
        weights: What each counts for.
    """
    return int(most_alike(likeness(texts) * np.asarray(weights)))


def likeness(texts: Sequence[str]) -> NDArray[np.float64]:
    """The chrF of each text with each as its reference, (texts, texts); 1 for equal ones."""
    distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    found = np.eye(len(distinct))
    for (one, i), (other, j) in combinations(distinct.items(), 2):
        counts = row_scores(CHRF, [one], [other])[0].reshape(-1, 3)
        for pair, order in (((i, j), [0, 1, 2]), ((j, i), [1, 0, 2])):
            found[pair] = chrf_of(*counts[:, order].reshape(-1, 1)) or 0.0
    places = [distinct[text] for text in texts]
    return found[np.ix_(places, places)]


def most_alike(likeness: NDArray[np.float64]) -> NDArray[np.int64]:
    """The place of the text with the highest sum over the last axis; of equal ones the first."""
    found: NDArray[np.int64] = likeness.sum(axis=-1).round(_DIGITS).argmax(axis=-1)
    return found


@cache
def scorers() -> tuple[Any, Any]:
    """sacrebleu's chrF, and rouge-score's ROUGE without stemming.

    Raises:
        ConfigError: One of the packages is not installed.
    """
    try:
        from rouge_score.rouge_scorer import RougeScorer
        from sacrebleu.metrics import CHRF as Chrf
    except ImportError as error:
        raise ConfigError(
            f"scores of generated texts need the packages sacrebleu and rouge-score ({error}): pip "
            "install 'steadytune[seq2seq]'"
        ) from error
    return Chrf(), RougeScorer(list(ROUGE))
