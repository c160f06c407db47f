"""What is kept: one seed, the average of all, the frozen model, or a mixture of these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stats.selection import Score, bias_corrected_score
from .judge import Judge, OutOfFold
from .kinds import Kind
from .lessons import Lessons

Array = NDArray[Any]


@dataclass(frozen=True)
class Form:
    """A form that the final model may have.

    Args:
        name: As sentences have it; see `named`.
        seeds: Whether all fine-tuned seeds are in it, and not one at most.
        frozen: The share of the linear model on frozen features: 0, 1/2 or 1.
    """

    name: str
    seeds: bool
    frozen: float

    def named(self, kind: Kind) -> str:
        """Its name for a kind of task."""
        return kind.together if self == ENSEMBLE else self.name

    def weights(self, seeds: int) -> tuple[float, ...]:
        """What each of so many fine-tuned models counts for, and behind them the frozen one."""
        return (*[(1 - self.frozen) / seeds] * seeds, *([self.frozen] if self.frozen else []))


ENSEMBLE = Form(Kind.together, True, 0.0)
BLEND = Form("the average of the seeds and of the linear model on frozen features", True, 0.5)
FROZEN = Form("the linear model on frozen features alone", False, 1.0)
SINGLE = Form("a single seed", False, 0.0)
"""Of equal ones the first is kept."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What the parts of the final model say of examples that they were not trained on.

    Args:
        judge: Knows the truth.
        found: The chosen setting's outputs, one repetition after the other.
        frozen: Those of the linear model on frozen features, shape (examples, ...); None where
            there is none.
    """

    judge: Judge
    found: OutOfFold
    frozen: Array | None

    @property
    def truth(self) -> Array:
        """The labels of the examples that every repetition held out."""
        truth: Array = self.judge.truth[self.found.places]
        return truth

    def members(self, form: Form) -> Members:
        """The members of a form; of a single seed there is one a repetition."""
        seeds, kind = self.found.outputs[:, self.found.places], self.judge.kind
        if not form.frozen:
            return Members(seeds, None, kind)
        assert self.frozen is not None
        frozen = self.frozen[self.found.places][None]
        if form.frozen == 1:
            return Members(frozen, None, kind)
        return Members(np.concatenate([seeds, frozen]), form.weights(len(seeds)), kind)

    def shown(self, form: Form) -> Members:
        """The members whose answers stand for a form; of a single seed those of one repetition."""
        members = self.members(form)
        return replace(members, outputs=members.outputs[:1]) if form is SINGLE else members

    def decided(self, outputs: Array) -> Array:
        """These outputs with what is decided for each example on others."""
        judge = self.judge
        return judge.kind.decided(outputs, self.truth, judge.measure, judge.seed)

    def lessons(self, form: Form, temperature: float) -> Lessons:
        """What a form says, at a temperature, for another model to learn from."""
        return Lessons(self.found.places, self.members(form).averaged(temperature))

    def scorer(self, form: Form) -> Score:
        """What a form scores on some of these examples, given as places."""
        members, measure = self.members(form), self.judge.measure
        outputs = members.outputs if form is SINGLE else self.decided(members.averaged())[None]
        each = [measure.scorer(said, self.truth) for said in outputs]
        return lambda drawn: float(np.mean([score(drawn) for score in each]))


@dataclass(frozen=True, eq=False)
class Members:
    """What the members of an ensemble say.

    Args:
        outputs: Shape (members, examples, ...).
        weights: What each counts for; None where all count alike.
        kind: What outputs are.
    """

    outputs: Array
    weights: tuple[float, ...] | None
    kind: Kind

    def averaged(self, temperature: float = 1.0) -> Array:
        """Their average, shape (examples, ...)."""
        return self.kind.average(self.kind.cooled(self.outputs, temperature), self.weights)


@dataclass(frozen=True)
class Choice:
    """The form that is kept.

    Args:
        form: The form.
        why: Why, in a few words.
        optimism: How much better it looks out of fold than it is, for having been chosen.
    """

    form: Form
    why: str
    optimism: float = 0.0


def choose_form(parts: Parts | None, members: int, floor: bool = True) -> Choice:
    """The form that scores best out of fold.

    Args:
        parts: What the parts say out of fold; None without a search.
        members: Fine-tuned models that learned something.
        floor: Whether there is a linear model on frozen features that is taken untried.
    """
    seeds = [SINGLE] if members < 2 else [ENSEMBLE]
    if parts is None or not parts.judge.kind.combines:
        return Choice(BLEND if floor else seeds[0], "the default, as nothing was compared")
    forms = seeds if parts.frozen is None else [*seeds, BLEND, FROZEN]
    if members > 1 and len(parts.found.outputs) > 1:  # one repetition cannot tell them apart
        forms.append(SINGLE)
    scorers, every = [parts.scorer(form) for form in forms], np.arange(len(parts.truth))
    scores = [scorer(every) for scorer in scorers]
    best = int(np.argmax(scores))
    judge, shown = parts.judge, [parts.judge.measure.shown(score) for score in scores]
    others = [f"{form.named(judge.kind)} {value}" for form, value in zip(forms, shown, strict=True)]
    del others[best]
    corrected = bias_corrected_score(scorers, len(every), np.random.default_rng(judge.seed))
    return Choice(
        forms[best],
        f"{shown[best]} out of fold" + (f"; {', '.join(others)}" if others else ""),
        max(0.0, corrected.apparent - corrected.score),
    )
