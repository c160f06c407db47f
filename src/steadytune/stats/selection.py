"""Choosing among candidates on the same examples, and what the choice does to the chosen score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .intervals import Interval

Examples = NDArray[np.int64]
Score = Callable[[Examples], float]
"""The score of one candidate on examples, given as their places; a place may come twice."""


@dataclass(frozen=True)
class CorrectedScore:
    """The score to expect of the candidate that is chosen.

    Args:
        score: Mean over the resamples of what the one chosen in them scores on the examples left
            out of them.
        interval: The middle of these scores; None where they do not vary.
        apparent: The best score on all examples, which the choice makes too good.
    """

    score: float
    interval: Interval | None
    apparent: float


def bias_corrected_score(
    scores: Sequence[Score],
    examples: int,
    generator: np.random.Generator,
    *,
    resamples: int = 500,
    confidence: float = 0.95,
) -> CorrectedScore:
    """The score of the best of several candidates, corrected for having been chosen.

    Bootstrap bias correction: in every resample of the examples the best candidate is chosen, and
    scored on the examples that the resample left out. No model is trained again. Tsamardinos,
    Greasidou, Borboudakis: Bootstrapping the out-of-sample predictions for efficient and accurate
    cross-validation, Machine Learning 107 (2018), arXiv 1708.07180.

    Args:
        scores: One a candidate, each on out-of-fold predictions; the higher the better.
        examples: How many there are, at least 1.
        generator: Where the resamples come from.
        resamples: How many to draw.
        confidence: Share of the left-out scores inside the interval.

    Raises:
        ValueError: If there is no candidate or no example.
    """
    if not scores or examples < 1:
        raise ValueError("expected at least one candidate and one example")
    every = np.arange(examples)
    found = []
    for _ in range(resamples):
        drawn = generator.integers(0, examples, examples)
        left = np.setdiff1d(every, drawn)
        if not len(left):
            continue
        best = max(scores, key=lambda score, drawn=drawn: score(drawn))  # type: ignore[misc]
        found.append(best(left))
    apparent = max(score(every) for score in scores)
    if not found:
        return CorrectedScore(apparent, None, apparent)
    tail = (1 - confidence) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    interval = Interval(float(low), float(high)) if high > low else None
    return CorrectedScore(float(np.mean(found)), interval, apparent)


def paired_standard_error(
    first: Score,
    second: Score,
    examples: int,
    generator: np.random.Generator,
    *,
    resamples: int = 500,
) -> float:
    """The standard error of a difference between two scores on the same examples.

    Args:
        first: One candidate.
        second: The other.
        examples: How many there are.
        generator: Where the resamples come from.
        resamples: How many to draw.
    """
    draws = generator.integers(0, examples, (resamples, examples))
    return float(np.std([first(drawn) - second(drawn) for drawn in draws]))
