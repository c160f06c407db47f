"""What is tried: learning rates and lengths of plain training, then methods that steady it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from .options import BATCH_SIZE

PLAIN = "plain"
MIXOUT = "mixout:p=0.7,replace_dropout=true"
DEFAULT = MIXOUT
"""The method that is kept unless another one is clearly better."""

STABILISERS: Mapping[str, float] = {MIXOUT: 1.35, "l2sp": 1.2, "smart:strength=5": 3.2}
"""Methods that did well in our measurements -> what a step costs, in steps of plain training."""

FEWEST_STEPS = 100
"""Optimizer steps of the shorter training, at least: with fewer the loss hardly falls."""

FEWEST_EPOCHS = 3.0
LONGER = 2.0
"""The longer training, in lengths of the shorter one."""

_SMALL_WIDTH = 512
_SMALL_RATES = (1e-4, 2e-4, 5e-5, 4e-4)
_LARGE_RATES = (2e-5, 5e-5, 1e-5, 1e-4)


@dataclass(frozen=True)
class Candidate:
    """One way to train.

    Args:
        method: In its text form.
        learning_rate: Peak learning rate.
        epochs: Passes over the training examples.
    """

    method: str
    learning_rate: float
    epochs: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "method": self.method,
            "learning_rate": self.learning_rate,
            "epochs": self.epochs,
        }

    def __str__(self) -> str:
        return f"{self.method} at {self.learning_rate:g}, {self.epochs:g} epochs"


DEFAULTS = Candidate(PLAIN, 5e-5, 3.0)
"""What transformers' `Trainer` does where nothing is said."""


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


def plain_grid(examples: int, width: int, rates: int, lengths: int) -> list[Candidate]:
    """Plain training at the first so many rates and lengths."""
    epochs = epoch_choices(examples)
    return [
        Candidate(PLAIN, rate, length)
        for length in epochs[:lengths]
        for rate in learning_rates(width)[:rates]
    ]
