"""A budget becomes a plan in steps: from one timing, which is written down."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from .._checksum import checked, with_checksum
from .._exceptions import ConfigError
from .._untrusted import json_object
from .._whole_file import write_json
from ..study.estimate import words_of
from .candidates import DEFAULT, DEFAULTS, FROZEN, OTHERS, Stabiliser, epoch_choices, student_epochs
from .folds import FOLDS, WHOLE_CV_BELOW
from .options import BATCH_SIZE

SECOND_FOLDS = 2
"""Folds on which survivors of the first fold, and then stabilisers, are compared."""

MOST_SURVIVORS = 2
_SPARE = 0.75
"""Of the budget this much is planned: trainings that run at a time slow each other down."""


@dataclass(frozen=True)
class Timing:
    """How fast this machine is, measured once.

    Args:
        step: Seconds of a step of plain training.
        example: Seconds of scoring an example.
        run: Seconds that a run takes beside its steps and its scoring.
        at_a_time: How many runs go on at a time.
    """

    step: float
    example: float
    run: float
    at_a_time: int


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
class Plan:
    """How much is tried.

    Args:
        rates: Learning rates.
        lengths: Lengths of training.
        others: Stabilisers beside the default one, which is always tried where plain is.
        folds: Folds that the last candidates are trained for; 0 tries nothing.
        members: Seeds of the final model.
        repetitions: How often the examples are divided into folds anew for the last candidates.
        references: Whether plain training and the library's defaults are trained on all examples
            too, to show what they give.
        frozen: Whether nothing but the head is fitted.
    """

    rates: int
    lengths: int
    others: int
    folds: int
    members: int
    repetitions: int = 1
    references: bool = True
    frozen: bool = False

    @property
    def stabilisers(self) -> tuple[Stabiliser, ...]:
        """What is tried at the rate and length that suit plain training."""
        return (DEFAULT, *OTHERS[: self.others]) if self.folds else ()

    def runs(self, size: Size) -> Iterator[tuple[float, float, int]]:
        """What is to be trained: weight of a step, epochs, examples a run; the longest case."""
        if self.frozen:
            yield 1.0, FROZEN.epochs, size.examples
            return
        lengths = sorted(epoch_choices(size.examples)[: self.lengths])
        folds = min(self.folds, size.folds)
        second = min(SECOND_FOLDS, folds)
        if folds:
            grid = [length for length in lengths for _ in range(self.rates)]
            for length in grid:
                yield 1.0, length, size.in_fold
            for length in grid[-survivors(len(grid)) :]:
                yield from [(1.0, length, size.in_fold)] * (second - 1)
            weights = [stabiliser.weight for stabiliser in self.stabilisers]
            for weight in weights:
                yield from [(weight, lengths[-1], size.in_fold)] * second
            for weight in (DEFAULT.weight, max([1.0, *weights[1:]])):
                again = self.repetitions * folds - second
                yield from [(weight, lengths[-1], size.in_fold)] * again
        weight = max([s.weight for s in self.stabilisers], default=DEFAULT.weight)
        yield from [(weight, lengths[-1], size.examples)] * self.members
        if size.one_model:
            texts = size.examples + size.unlabelled
            yield weight, student_epochs(lengths[-1], size.examples, size.unlabelled), texts
        if self.references:
            yield from [(1.0, lengths[-1], size.examples)] * self.members
            yield from [(1.0, DEFAULTS.epochs, size.examples)] * self.members

    def seconds(self, size: Size, timing: Timing) -> float:
        """How long it takes, about."""
        each = [0.0]
        for weight, epochs, examples in self.runs(size):
            steps = ceil(epochs * ceil(examples / BATCH_SIZE))
            scored = size.examples + (size.tested if examples == size.examples else 0)
            each.append(steps * weight * timing.step + scored * timing.example + timing.run)
        every = size.examples + size.tested
        passes = (2 + self.members) * every + self.members * size.unlabelled
        beside = passes * timing.example  # the floor, and the scoring of what is kept
        # One training is not spread over workers.
        return beside + max(sum(each) / timing.at_a_time, *each)


def survivors(candidates: int) -> int:
    """How many go on from the first fold to the second."""
    return min(candidates, MOST_SURVIVORS)


LADDER = (
    Plan(3, 2, 5, 5, 5, repetitions=3),
    Plan(3, 2, 4, 5, 5, repetitions=2),
    Plan(3, 2, 2, 5, 5, repetitions=2),
    Plan(3, 2, 1, 5, 5, repetitions=2),
    Plan(3, 2, 1, 5, 5),
    Plan(3, 1, 1, 5, 5),
    Plan(2, 1, 1, 5, 5),
    Plan(2, 1, 1, 3, 5),
    Plan(2, 1, 1, 2, 3),
    Plan(2, 1, 0, 2, 3),
    Plan(2, 1, 0, 2, 3, references=False),
    Plan(2, 1, 0, 1, 3, references=False),
    Plan(1, 1, 0, 1, 3, references=False),
    Plan(1, 1, 0, 0, 3, references=False),
    Plan(1, 1, 0, 0, 1, references=False),
)
"""From the most that is tried to a single training."""

FROZEN_PLAN = Plan(0, 0, 0, 0, 1, references=False, frozen=True)
"""What is left where there is no time for a single training."""


def choose_plan(budget: float, size: Size, timing: Timing) -> Plan | None:
    """The richest plan that fits; None where not even one training does.

    Args:
        budget: Seconds.
        size: Of the task.
        timing: Of the machine.
    """
    return next((p for p in LADDER if p.seconds(size, timing) <= _SPARE * budget), None)


def too_small(budget: float, size: Size, timing: Timing) -> ConfigError:
    """What is said of a budget in which nothing can be trained."""
    needed = LADDER[-1].seconds(size, timing) / _SPARE
    return ConfigError(
        f"budget {words_of(budget)} is too small: one training takes about {words_of(needed)} "
        f"here; give `budget={ceil(needed / 60)}m` or more, or `allow_frozen` for a head on the "
        "frozen model"
    )


def remembered(path: Path, measure: Any) -> Timing:
    """The timing that was written down, measured first where there is none.

    Args:
        path: The file.
        measure: Gives the timing.
    """
    try:
        return Timing(**checked(json_object(path)))
    except (OSError, ValueError, TypeError):
        timing: Timing = measure()
        write_json(path, with_checksum(dataclasses.asdict(timing)))
        return timing
