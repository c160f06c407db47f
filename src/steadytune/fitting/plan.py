"""A budget becomes a plan in steps: from one timing, which is written down."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from .._exceptions import ConfigError
from ..study.estimate import words_of
from .candidates import DEFAULT, DEFAULTS, FROZEN, OTHERS, Stabiliser, epoch_choices, student_epochs
from .cost import Run, Size, Timing, wall
from .setup import FEWEST_TESTED

SECOND_FOLDS = 2
"""Folds on which survivors of the first fold, and then stabilisers, are compared."""

MOST_SURVIVORS = 2
_SPARE = 0.75
"""Of the budget this much is planned: trainings that run at a time slow each other down."""

FLOOR = "the floor"
RATES = "learning rates"
RATES_AGAIN = "learning rates again"
STEADY = "stabilisers"
LAST = "the last candidates"
MEMBERS = "the final model"
BESIDE = "single seeds to compare with"
KEPT = "the model that is kept"

_WORDS = {
    "rates": "learning rates",
    "lengths": "lengths",
    "others": "stabilisers beside the default",
    "folds": "folds",
    "repetitions": "repetitions",
    "members": "seeds",
}

_SETTLED = {
    RATES: (),
    STEADY: ("rates", "lengths"),
    LAST: ("others",),
    MEMBERS: ("folds", "repetitions"),
    BESIDE: ("members",),
}
"""Rounds before which a plan may be shortened, in order -> what is settled then, too."""


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
        references: Whether plain training and transformers' defaults are trained on all examples
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

    def of(self, size: Size) -> Plan:
        """The part of it that applies to a task of that size."""
        return dataclasses.replace(
            self,
            folds=min(self.folds, size.folds),
            references=self.references and size.tested >= FEWEST_TESTED,
        )

    def rounds(self, size: Size) -> dict[str, list[Run]]:
        """What is to be trained, round by round; the longest case."""
        if self.frozen:
            return {MEMBERS: [Run(1.0, FROZEN.epochs, size.examples)]}
        found: dict[str, list[Run]] = {}
        lengths = sorted(epoch_choices(size.examples)[: self.lengths])
        folds = min(self.folds, size.folds)
        second = min(SECOND_FOLDS, folds)
        weights = [stabiliser.weight for stabiliser in self.stabilisers] or [DEFAULT.weight]
        if folds:
            grid = [Run(1.0, n, size.in_fold) for n in lengths for _ in range(self.rates)]
            steady = [Run(weight, lengths[-1], size.in_fold) for weight in weights]
            rival = Run(max([1.0, *weights[1:]]), lengths[-1], size.in_fold)
            found[RATES] = grid
            found[RATES_AGAIN] = grid[-survivors(len(grid)) :] * (second - 1)
            found[STEADY] = steady * second
            found[LAST] = [steady[0], rival] * (self.repetitions * folds - second)
        found[MEMBERS] = [Run(max(weights), lengths[-1], size.examples)] * self.members
        if self.references and size.tested >= FEWEST_TESTED:
            both = (lengths[-1], DEFAULTS.epochs)
            found[BESIDE] = [Run(1.0, n, size.examples) for n in both] * self.members
        return found

    def parts(self, size: Size, timing: Timing) -> dict[str, float]:
        """How many seconds each part takes, about, in their order."""
        rounds = {name: wall(runs, size, timing) for name, runs in self.rounds(size).items()}
        every = (size.examples + size.tested) * timing.windows * timing.example
        kept = (1 + self.members) * every + self.members * size.unlabelled * timing.example
        if size.one_model:
            kept += self._student(size).seconds(size, timing)
        return {FLOOR: every, **rounds, KEPT: kept}

    def seconds(self, size: Size, timing: Timing) -> float:
        """How long it takes, about."""
        return sum(self.parts(size, timing).values())

    def shorter(self, before: str) -> Iterator[Plan]:
        """This plan, and ones that try ever less, as far as it is not settled when a round begins.

        References, which are only shown, go first; then goes what goes down the ladder.
        """
        yield self
        bare = dataclasses.replace(self, references=False)
        yield bare
        names = list(_SETTLED)
        settled = {f for name in names[: names.index(before) + 1] for f in _SETTLED[name]}
        fewest = {"folds": min(self.folds, SECOND_FOLDS)} if settled else {}
        for rung in LADDER:
            less = {
                name: max(min(getattr(self, name), getattr(rung, name)), fewest.get(name, 0))
                for name in _WORDS
                if name not in settled
            }
            yield dataclasses.replace(bare, **less)

    def _student(self, size: Size) -> Run:
        longest = max(epoch_choices(size.examples)[: self.lengths])
        weight = max([s.weight for s in self.stabilisers], default=DEFAULT.weight)
        epochs = student_epochs(longest, size.examples, size.unlabelled)
        return Run(weight, epochs, size.examples + size.unlabelled)


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


def shortened(
    plan: Plan, before: str, budget: float, taken: Mapping[str, float], size: Size, timing: Timing
) -> Plan:
    """The richest plan whose rest fits into what is left of the budget; else the least.

    What is left to do is expected to go as the rounds that are done went: so much slower or faster
    than the timing says.

    Args:
        plan: The plan so far.
        before: The round that is to begin.
        budget: Seconds.
        taken: Part -> the seconds that it took.
        size: Of the task.
        timing: Of the machine.
    """
    done = plan.rounds(size).keys() & taken.keys()
    planned = sum(plan.parts(size, timing)[name] for name in done)
    pace = sum(taken[name] for name in done) / planned if planned else 1.0
    left = budget - sum(taken.values())
    found = plan
    for found in plan.shorter(before):
        parts = found.parts(size, timing)
        if pace * sum(seconds for part, seconds in parts.items() if part not in taken) <= left:
            return found
    return found


def too_small(budget: float, size: Size, timing: Timing, *, floor: bool = True) -> ConfigError:
    """What is said of a budget in which nothing can be trained."""
    needed = LADDER[-1].seconds(size, timing)
    instead = ", or `allow_frozen` for a head on the frozen model" if floor else ""
    return ConfigError(
        f"budget {words_of(budget)} is too small: one training takes about {words_of(needed)} "
        f"here, and {1 - _SPARE:.0%} of a budget stays in reserve; give "
        f"`budget={ceil(needed / _SPARE / 60)}m` or more{instead}"
    )


def what_went(plan: Plan, found: Plan) -> str:
    """What a plan tries less than another one, in words; empty where it is the same."""
    lost = [
        f"{getattr(found, name)} instead of {getattr(plan, name)} {words}"
        for name, words in _WORDS.items()
        if getattr(found, name) != getattr(plan, name)
    ]
    if plan.references and not found.references:
        lost.append("no single seeds to compare with")
    return ", ".join(lost)
