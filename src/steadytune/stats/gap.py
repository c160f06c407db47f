"""The gap between the training examples and the test examples, run by run."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from .intervals import Interval, mean_interval
from .paired import matched
from .summary import Summary, summarize

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class TrainTestGap:
    """How much better runs do on what they were trained on.

    Args:
        gaps: Train minus test, one per run that has both, in the order of the training scores.
        train: Summary of the training scores of those runs.
        test: Summary of their test scores.
        gap: Summary of `gaps`.
        interval: Student's t interval of the mean gap; None below two runs and where the gaps are
            all equal.
    """

    gaps: tuple[float, ...]
    train: Summary
    test: Summary
    gap: Summary
    interval: Interval | None


def train_test_gap(
    train: Mapping[Key, float], test: Mapping[Key, float], *, confidence: float = 0.95
) -> TrainTestGap:
    """Summarise train minus test over the runs that have both.

    Args:
        train: Score on the training examples by run.
        test: Score of the same metric on the test examples by run.
        confidence: Nominal coverage of the interval.

    Raises:
        ConfigError: If a score is not finite or `confidence` is not between 0 and 1.
    """
    seen, unseen = matched(train, test)
    gaps = seen - unseen
    return TrainTestGap(
        gaps=tuple(gaps.tolist()),
        train=summarize(seen),
        test=summarize(unseen),
        gap=summarize(gaps),
        interval=mean_interval(gaps, confidence),
    )
