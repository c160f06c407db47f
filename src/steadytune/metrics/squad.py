"""Exact match and F1 of answers as SQuAD's own evaluation defines them, by torchmetrics."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

NULL_THRESHOLD = "null_score_diff_threshold"
"""What the threshold of "no answer" is called among predictions and in a model's configuration."""

NULL_DIFFERENCE = "null_score_diff"
"""What a prediction's score of "no answer" minus that of its best span is called."""

_DECIMALS = 4
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class SquadScores:
    """How well answers agree with the true ones, as shares from 0 to 1.

    Args:
        em: Shape (rows,): 1 where the prediction is one of the true answers, else 0.
        f1: Shape (rows,): F1 over the words of the prediction and of the true answer next to it.

    Both ignore case, punctuation, the words a, an and the, and the width of spaces.
    """

    em: NDArray[np.float64]
    f1: NDArray[np.float64]

    def of(self, metric: str) -> NDArray[np.float64]:
        """`f1` or `exact_match` of each row."""
        return {"f1": self.f1, "exact_match": self.em}[metric]

    def of_rows(self, rows: NDArray[np.bool_]) -> SquadScores:
        """The scores of these rows alone."""
        return SquadScores(self.em[rows], self.f1[rows])

    @property
    def total_em(self) -> float | None:
        """The mean exact match; None where there are no rows."""
        return _mean(self.em)

    @property
    def total_f1(self) -> float | None:
        """The mean F1; None where there are no rows."""
        return _mean(self.f1)


def squad_scores(predictions: Sequence[str], answers: Sequence[Sequence[str]]) -> SquadScores:
    """Score predicted answers against the true ones, row by row.

    Args:
        predictions: One a row; empty for no answer.
        answers: The true answers of each row, at least one; the best fit counts.

    Raises:
        ValueError: The lengths differ or a row has no true answer.
    """
    if len(predictions) != len(answers) or not all(answers):
        raise ValueError(
            f"expected as many predictions as rows and a true answer for each row, got "
            f"{len(predictions)} predictions for {len(answers)} rows"
        )
    pairs = [_row_scores(*row) for row in zip(predictions, answers, strict=True)]
    em, f1 = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return SquadScores(em, f1)


def squad2_scores(predictions: Sequence[str], answers: Sequence[Sequence[str]]) -> SquadScores:
    """Score predicted answers as SQuAD 2 does, where questions may have none.

    "No answer" is right where there is none, and scores 0 elsewhere. True answers without a word
    that counts are left out.

    Args:
        predictions: One a row; empty for no answer.
        answers: The true answers of each row, or none.
    """
    return squad_scores(predictions, [_that_count(texts) or [""] for texts in answers])


def none_is_right(answers: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
    """Whether "no answer" is the right prediction of each row."""
    return np.array([not _that_count(texts) for texts in answers], dtype=bool)


def best_null_threshold(differences: ArrayLike, spans: ArrayLike, none: ArrayLike) -> float:
    """The threshold with the highest mean score, of equal ones that closest to 0.

    "No answer" is predicted where the difference is above the threshold.

    Args:
        differences: Shape (rows,): the score of "no answer" minus that of the best span.
        spans: Shape (rows,): what the best span scores.
        none: Shape (rows,): what "no answer" scores.
    """
    given = np.asarray(differences, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    known = given[order]
    gains = np.concatenate([[0.0], np.cumsum(np.subtract(spans, none)[order])])
    distinct = np.unique(known[np.isfinite(known)])
    ends = [distinct[0] - 1, distinct[-1] + 1] if len(distinct) else []
    between = np.concatenate([[0.0], (distinct[1:] + distinct[:-1]) / 2, ends])
    tried = sorted(np.unique(between.round(_DECIMALS) + 0.0), key=abs)  # + 0.0 for -0.0
    # As the model will compare them: in single precision.
    spans_taken = np.searchsorted(known, np.array(tried, dtype=np.float32), side="right")
    return float(tried[int(gains[spans_taken].round(9).argmax())])


def _that_count(texts: Sequence[str]) -> list[str]:
    """The texts that SQuAD's normalisation does not empty."""
    words = (_ARTICLES.sub("", text.lower().translate(_NO_PUNCTUATION)) for text in texts)
    return [text for text, left in zip(texts, words, strict=True) if left.strip()]


def _row_scores(prediction: str, answers: Sequence[str]) -> tuple[float, float]:
    from torchmetrics.functional.text import squad

    # The public function on one row at a time: it gives per cent, and nothing of single rows.
    scores = squad(
        [{"prediction_text": prediction, "id": ""}],
        [{"answers": {"text": list(answers), "answer_start": [0]}, "id": ""}],
    )
    return scores["exact_match"].item() / 100, scores["f1"].item() / 100


def _mean(shares: NDArray[np.float64]) -> float | None:
    return float(shares.mean()) if len(shares) else None
