"""What is tried: learning rates and lengths of plain training, then what steadies it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from ..runs.plan import Arm
from .options import BATCH_SIZE

PLAIN = "plain"


@dataclass(frozen=True)
class Stabiliser:
    """What may steady a training.

    Args:
        method: In its text form.
        weight: What a step costs, in steps of plain training.
        head_first: Whether the head is fitted on the frozen model before.
    """

    method: str
    weight: float
    head_first: bool = False

    @property
    def name(self) -> str:
        """Its method as sentences have it."""
        return _name(self.method, self.head_first)


def _name(method: str, head_first: bool) -> str:
    return f"{method} with the head first" if head_first else method


DEFAULT = Stabiliser("mixout:p=0.7,replace_dropout=true", 1.35)
"""What is kept unless something else is clearly better."""

OTHERS = (
    Stabiliser(PLAIN, 1.0, head_first=True),
    Stabiliser("ema", 1.1),
    Stabiliser("l2sp", 1.2),
    Stabiliser("lnsr:dose=0.1", 2.3),
    Stabiliser("smart:strength=5", 3.2),
)
"""What else did well in measurements, in the order in which it is tried: the cheapest first."""

FEWEST_STEPS = 150
"""Optimizer steps of the shorter training, at least: with fewer the loss hardly falls."""

FEWEST_EPOCHS = 3.0
LONGER = 2.0
"""The longer training, in lengths of the shorter one."""

FEWEST_PASSES = 3.0
"""Passes over all texts of the one model that learns from others, where many have no labels."""

_SMALL_WIDTH = 512
_SMALL_RATES = (2e-4, 4e-4, 1e-4)
_LARGE_RATES = (3e-5, 6e-5, 1.5e-5)


@dataclass(frozen=True)
class Candidate:
    """One way to train.

    Args:
        method: In its text form.
        learning_rate: Peak learning rate.
        epochs: Passes over the training examples.
        head_first: Whether the head is fitted on the frozen model before.
    """

    method: str
    learning_rate: float
    epochs: float
    head_first: bool = False

    @property
    def name(self) -> str:
        """Its method as sentences have it."""
        return _name(self.method, self.head_first)

    @property
    def arm(self) -> Arm:
        """It as the planner takes it."""
        own = {
            "learning_rate": self.learning_rate,
            "epochs": self.epochs,
            "head_first": self.head_first,
        }
        return Arm(self.name, self.method, tuple(own.items()))

    def with_stabiliser(self, stabiliser: Stabiliser) -> Candidate:
        """The same rate and length with something that steadies it."""
        return replace(self, method=stabiliser.method, head_first=stabiliser.head_first)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "method": self.name,
            "learning_rate": self.learning_rate,
            "epochs": self.epochs,
        }

    def __str__(self) -> str:
        return f"{self.name} at {self.learning_rate:g}, {self.epochs:g} epochs"


DEFAULTS = Candidate(PLAIN, 5e-5, 3.0)
"""What transformers' `Trainer` does where nothing is said."""

FROZEN = Candidate(PLAIN, 1e-12, 0.01, head_first=True)
"""The head alone: it is fitted on the frozen model, and the only step of training moves nothing."""


def learning_rates(width: int) -> tuple[float, ...]:
    """Learning rates to try, the most likely one first.

    Args:
        width: The model's hidden size: wider models take lower rates.
    """
    return _SMALL_RATES if width <= _SMALL_WIDTH else _LARGE_RATES


def epoch_choices(examples: int) -> tuple[float, float]:
    """The shorter and the longer training, in passes over so many training examples."""
    steps = ceil(examples / BATCH_SIZE)
    shorter = max(FEWEST_EPOCHS, float(ceil(FEWEST_STEPS / steps)))
    return shorter, float(ceil(LONGER * shorter))


def student_epochs(epochs: float, examples: int, unlabelled: int) -> float:
    """Passes over all texts of a model that learns from others: the usual steps, or three passes.

    Args:
        epochs: Passes over the training examples without texts beside them.
        examples: Training examples.
        unlabelled: Texts without labels.
    """
    if not unlabelled:
        return epochs
    return max(FEWEST_PASSES, float(ceil(epochs * examples / (examples + unlabelled))))


def plain_grid(examples: int, rates: Sequence[float], lengths: int) -> list[Candidate]:
    """Plain training at these rates and the first so many lengths."""
    epochs = epoch_choices(examples)
    return [Candidate(PLAIN, rate, length) for length in epochs[:lengths] for rate in rates]
