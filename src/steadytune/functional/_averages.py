"""Weights of running averages over the steps of a training."""

from __future__ import annotations


def power_of_age(step: int, power: float, lag: float) -> float:
    """(lag + step) ** -power, which falls from step to step and is at most 1.

    Args:
        step: Number of the step, 1 for the first.
        power: How fast it falls; 0 gives 1 at every step.
        lag: Steps that the average pretends to have seen, at least 0.
    """
    return float((lag + step) ** -power)
