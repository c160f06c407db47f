"""Averages over the steps of a training: their weights, and the parts that they are over."""

from __future__ import annotations


def power_of_age(step: int, power: float, lag: float) -> float:
    """(lag + step) ** -power, which falls from step to step and is at most 1.

    Args:
        step: Number of the step, 1 for the first.
        power: How fast it falls; 0 gives 1 at every step.
        lag: Steps that the average pretends to have seen, at least 0.
    """
    return float((lag + step) ** -power)


def equal_parts(start: int, stop: int, parts: int) -> list[int]:
    """Where `parts` parts of the steps from `start` to `stop` begin, and where the last one ends.

    Their lengths differ by at most 1.

    Args:
        start: The first step.
        stop: The step after the last one, at least `parts` after `start`.
        parts: How many, at least 1.
    """
    return [start + (stop - start) * part // parts for part in range(parts + 1)]
