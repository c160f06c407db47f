"""What an ensemble of a few seeds scores, from the runs of more seeds.

Every group of k of the n runs is an ensemble that could have been trained. The mean of their scores
is a U-statistic (Hoeffding 1948): unbiased for an ensemble of k new seeds, as the mean of single
runs is for one. Groups that share runs resemble each other, so that their own spread is too small;
half of the mean squared difference of two groups without a common run is unbiased for the variance.
For k = 1 both are the usual mean and variance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from .._exceptions import ConfigError
from ._checks import FloatArray, finite_scores, varies
from .intervals import Interval

Group = NDArray[np.intp]

MOST_GROUPS = 1200
"""Groups of a size that are scored at most, by default. 10 runs have 252 groups of 5."""


@dataclass(frozen=True)
class EnsembleScores:
    """What ensembles of one size score.

    Args:
        size: Runs in an ensemble.
        groups: How many ensembles were scored.
        mean: The mean of their scores.
        std: The standard deviation over ensembles of new seeds; None where no two groups without a
            common run are among those scored.
        lowest: The lowest score among them.
        gain: The mean minus that of single runs.
        interval: A 95 % interval for the gain, by jackknife over the runs; None for single runs,
            where groups were drawn, below three runs more than an ensemble has, and where leaving
            out a run changes nothing.
    """

    size: int
    groups: int
    mean: float
    std: float | None
    lowest: float
    gain: float
    interval: Interval | None = None


def ensemble_scores(
    score: Callable[[Group], float],
    runs: int,
    sizes: Sequence[int],
    rng: np.random.Generator,
    most: int = MOST_GROUPS,
) -> tuple[EnsembleScores, ...]:
    """Score ensembles of the runs there are.

    Args:
        score: The score of the ensemble of some runs, given as their numbers, 0 to `runs` - 1 in
            rising order.
        runs: How many runs there are.
        sizes: Sizes of ensembles.
        rng: Draws groups where there are more than `most` of a size.
        most: Groups of a size that are scored at most.

    Returns:
        One entry per size.

    Raises:
        ConfigError: If a size is below 1 or above `runs`, or a score is not finite.
    """
    if outside := [size for size in sizes if not 1 <= size <= runs]:
        raise ConfigError(f"asked for ensembles of {outside[0]}, expected 1 to {runs} runs")
    singles = finite_scores([score(np.array([run])) for run in range(runs)])
    return tuple(_of_size(score, singles, size, rng, most) for size in sizes)


def _of_size(
    score: Callable[[Group], float],
    singles: FloatArray,
    size: int,
    rng: np.random.Generator,
    most: int,
) -> EnsembleScores:
    runs = singles.size
    whole = math.comb(runs, size) <= most
    groups = _every_group(runs, size) if whole else _drawn_groups(runs, size, rng, most)
    scores = finite_scores([score(group) for group in groups])
    belongs = np.zeros((len(groups), runs), dtype=bool)
    np.put_along_axis(belongs, groups, values=True, axis=1)
    gain = float(scores.mean() - singles.mean())
    error = _error(belongs, scores, singles) if whole and 1 < size <= runs - 3 else None
    half = None if error is None else float(stdtrit(runs - 1, 0.975)) * error
    return EnsembleScores(
        size=size,
        groups=len(groups),
        mean=float(scores.mean()),
        std=_std(belongs, scores),
        lowest=float(scores.min()),
        gain=gain,
        interval=None if half is None else Interval(gain - half, gain + half),
    )


def _every_group(runs: int, size: int) -> NDArray[np.intp]:
    return np.array(list(combinations(range(runs), size)), dtype=np.intp)


def _drawn_groups(runs: int, size: int, rng: np.random.Generator, most: int) -> NDArray[np.intp]:
    """As many groups of a draw as have no run in common, draw after draw."""
    together = runs // size
    draws = [rng.permutation(runs)[: together * size] for _ in range(-(-most // together))]
    return np.sort(np.concatenate(draws).reshape(-1, size)[:most], axis=1)


def _std(belongs: NDArray[np.bool_], scores: FloatArray) -> float | None:
    counts = belongs.astype(np.float64)  # whose product is far faster than that of booleans
    first, second = np.nonzero(np.triu(counts @ counts.T == 0))
    if not first.size:
        return None
    return math.sqrt(float(np.mean((scores[first] - scores[second]) ** 2)) / 2)


def _error(belongs: NDArray[np.bool_], scores: FloatArray, singles: FloatArray) -> float | None:
    """The standard error of the gain, from the gains without each of the runs."""
    runs, others = singles.size, ~belongs
    gains = others.T @ scores / others.sum(axis=0) - (singles.sum() - singles) / (runs - 1)
    if not varies(gains):
        return None
    return math.sqrt((runs - 1) / runs * float(((gains - gains.mean()) ** 2).sum()))
