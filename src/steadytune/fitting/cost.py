"""What trainings cost on a machine: from one timing, in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from .folds import FOLDS, WHOLE_CV_BELOW
from .options import BATCH_SIZE


@dataclass(frozen=True)
class Timing:
    """How fast this machine is, measured once.

    Args:
        step: Seconds of a step of plain training.
        example: Seconds of scoring an example.
        run: Seconds that a run takes beside its steps and its scoring.
        at_a_time: How many runs go on at a time.
        start: Seconds in which worker processes start, in every round.
        windows: Inputs an example: long contexts of questions are read in several.
    """

    step: float
    example: float
    run: float
    at_a_time: int
    start: float = 0.0
    windows: float = 1.0


@dataclass(frozen=True)
class Size:
    """How large a task is.

    Args:
        examples: To train on.
        tested: Held out for the test.
        one_model: Whether one more model learns from the final one.
        unlabelled: Texts without labels that it learns from too.
    """

    examples: int
    tested: int
    one_model: bool = False
    unlabelled: int = 0

    @property
    def folds(self) -> int:
        """Trainings of one repetition of cross-validation."""
        return FOLDS if self.examples < WHOLE_CV_BELOW else 1

    @property
    def in_fold(self) -> int:
        """Examples that one of these trains on."""
        return ceil(self.examples * (FOLDS - 1) / FOLDS)


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        weight: What a step costs, in steps of plain training.
        epochs: Passes over the examples.
        examples: To train on.
    """

    weight: float
    epochs: float
    examples: int

    def seconds(self, size: Size, timing: Timing) -> float:
        """How long it takes, about."""
        steps = ceil(self.epochs * ceil(self.examples * timing.windows / BATCH_SIZE))
        scored = size.examples + (size.tested if self.examples == size.examples else 0)
        scoring = scored * timing.windows * timing.example
        return steps * self.weight * timing.step + scoring + timing.run


def wall(runs: list[Run], size: Size, timing: Timing) -> float:
    """How long a round takes: one training is not spread over workers."""
    each = [run.seconds(size, timing) for run in runs]
    return timing.start + max(sum(each) / timing.at_a_time, *each) if each else 0.0
