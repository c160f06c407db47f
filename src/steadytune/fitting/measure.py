"""What chooses: one number for predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


def likeliest(outputs: Array) -> Array:
    """The class with the highest logit of each example; numbers as they are."""
    found: Array = outputs.argmax(axis=1) if outputs.shape[1] > 1 else outputs[:, 0]
    return found


@dataclass(frozen=True)
class Measure:
    """A number for predictions, the higher the better.

    Args:
        name: What it is called.
        of: What is predicted, and what is true, to the number; None where undefined.
        percent: Whether it is shown in percent.
        decide: Outputs to what is predicted.
    """

    name: str
    of: Callable[[Array, Array], float | None]
    percent: bool
    decide: Callable[[Array], Array] = likeliest

    def __call__(self, outputs: Array, truth: Array) -> float:
        """The number; an undefined one counts as 0.

        Args:
            outputs: Shape (examples, columns), as the kind of task has them.
            truth: One entry an example.
        """
        return self.of(self.decide(outputs), truth) or 0.0

    def shown(self, value: float) -> str:
        """A value as sentences have it."""
        return f"{100 * value:.1f} %" if self.percent else f"{value:.3f}"

    def difference(self, value: float) -> str:
        """A difference between two values, with its sign."""
        return f"{100 * value:+.1f} points" if self.percent else f"{value:+.3f}"
