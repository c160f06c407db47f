"""What chooses: one number for predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ..stats.selection import Score

Array = NDArray[Any]


def likeliest(outputs: Array) -> Array:
    """The class with the highest logit of each example; numbers as they are."""
    found: Array = outputs.argmax(axis=1) if outputs.shape[1] > 1 else outputs[:, 0]
    return found


def _likeliest_and_true(outputs: Array, truth: Array) -> tuple[Array, ...]:
    return likeliest(outputs), truth


@dataclass(frozen=True)
class Measure:
    """A number for predictions, the higher the better.

    Args:
        name: What it is called.
        of: The arrays of `rows` to the number; None where undefined.
        percent: Whether it is shown in percent.
        rows: Outputs and truth to arrays with one entry an example: by default what is predicted,
            and what is true.
    """

    name: str
    of: Callable[..., float | None]
    percent: bool
    rows: Callable[[Array, Array], tuple[Array, ...]] = _likeliest_and_true

    def __call__(self, outputs: Array, truth: Array) -> float:
        """The number; an undefined one counts as 0.

        Args:
            outputs: One entry an example, as the kind of task has them.
            truth: One entry an example.
        """
        return self.value(*self.rows(outputs, truth))

    def scorer(self, outputs: Array, truth: Array) -> Score:
        """The number for some of these examples, given as places."""
        arrays = self.rows(outputs, truth)
        return lambda drawn: self.value(*(array[drawn] for array in arrays))

    def value(self, *arrays: Array) -> float:
        """The number of the arrays of `rows`, or of some of their entries."""
        return self.of(*arrays) or 0.0

    def shown(self, value: float) -> str:
        """A value as sentences have it."""
        return f"{100 * value:.1f} %" if self.percent else f"{value:.3f}"

    def difference(self, value: float) -> str:
        """A difference between two values, with its sign."""
        return f"{100 * value:+.1f} points" if self.percent else f"{value:+.3f}"
