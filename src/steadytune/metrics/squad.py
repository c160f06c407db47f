"""Exact match and F1 of answers as SQuAD's own evaluation defines them, by torchmetrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
