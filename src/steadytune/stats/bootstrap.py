"""Bootstrap intervals: what a statistic does when the sample is drawn anew from itself.

Three ways to cut the tails. `percentile` takes the quantiles of the replicates as they are.
`expanded` takes them further out, by as much as Student's t interval is wider than a normal one
with divisor n, which mends most of what `percentile` lacks with few values (Hesterberg, 2015, The
American Statistician 69). `bca` shifts them for bias and skewness (Efron, 1987, Journal of the
American Statistical Association 82); with few values it needs what it estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from .._exceptions import ConfigError
from ._checks import FloatArray, finite_scores, varies
from .intervals import Interval, check_confidence, t_quantile

Indices = NDArray[np.int64]
BootstrapMethod = Literal["percentile", "expanded", "bca"]
_CHUNK = 1 << 20


@dataclass(frozen=True)
class BootstrapInterval:
    """A statistic with its bootstrap interval.

    Args:
        estimate: The statistic of the sample itself; None where it is undefined.
        interval: None where the statistic is undefined, does not vary over the resamples, or is
            undefined in more of them than the tails hold that the interval leaves out.
        resamples: How many were drawn.
        undefined: In how many of them the statistic was undefined; the interval rests on the rest.
    """

    estimate: float | None
    interval: Interval | None
    resamples: int
    undefined: int


def bootstrap_interval(
    statistic: Callable[..., float | None],
    arrays: Sequence[NDArray[Any]],
    generator: np.random.Generator,
    *,
    resamples: int = 2000,
    confidence: float = 0.95,
    method: BootstrapMethod = "percentile",
) -> BootstrapInterval:
    """A bootstrap interval over examples for any metric.

    It says how far the metric could move with other test examples of the same kind, for this one
    model. It says nothing about other seeds.

    Args:
        statistic: Called as `statistic(*resampled)` with every array resampled by the same
            examples, such as `lambda labels, predictions: f1_score(labels, predictions)`. None or
            NaN mean undefined.
        arrays: Each with one entry per example along its first axis.
        generator: Where the resamples come from.
        resamples: How many to draw.
        confidence: Nominal coverage.
        method: How the tails are cut; `bca` calls the statistic once more for every example.

    Raises:
        ConfigError: If there are no arrays, their lengths differ, or an option is out of range.
    """
    count = _common_length(arrays)

    def of(index: Indices | slice) -> float:
        value = statistic(*(array[index] for array in arrays))
        return math.nan if value is None else float(value)

    def replicate(indices: Indices) -> FloatArray:
        return np.array([of(row) for row in indices])

    estimate = of(slice(None)) if count else math.nan
    return bootstrap(estimate, replicate, count, generator, resamples, confidence, method)


def bootstrap_mean_interval(
    values: ArrayLike,
    generator: np.random.Generator,
    *,
    resamples: int = 2000,
    confidence: float = 0.95,
    method: BootstrapMethod = "percentile",
) -> BootstrapInterval:
    """The same for a mean over examples, such as accuracy: a value per example, and much faster.

    With a generator in the same state it draws the same resamples as `bootstrap_interval`.

    Raises:
        ConfigError: If a value is not finite, or an option is out of range.
    """
    sample = finite_scores(values)
    estimate = float(sample.mean()) if sample.size else math.nan

    def replicate(indices: Indices) -> FloatArray:
        means: FloatArray = sample[indices].mean(axis=1)
        return means

    return bootstrap(estimate, replicate, sample.size, generator, resamples, confidence, method)


def bootstrap(
    estimate: float,
    replicate: Callable[[Indices], FloatArray],
    count: int,
    generator: np.random.Generator,
    resamples: int,
    confidence: float,
    method: BootstrapMethod,
) -> BootstrapInterval:
    """The interval of a statistic that `replicate` computes for rows of indices at once.

    Args:
        estimate: The statistic of the whole sample; NaN where undefined.
        replicate: Maps indices (rows, drawn) to one value per row; NaN where undefined.
        count: Examples in the sample.
        generator: Where the resamples come from.
        resamples: How many to draw.
        confidence: Nominal coverage.
        method: How the tails are cut.
    """
    check_options(resamples, confidence, method)
    if count == 0 or math.isnan(estimate):
        return BootstrapInterval(None, None, 0, 0)
    rows = resample(count, resamples, generator)
    values = np.concatenate([replicate(indices) for indices in rows])
    defined, undefined = usable(values, confidence)
    interval = None
    if defined is not None:
        left_out = None
        if method == "bca":
            left_out = np.concatenate([replicate(indices) for indices in _leave_one_out(count)])
        interval = _cut(estimate, defined, count, left_out, confidence, method)
    return BootstrapInterval(estimate, interval, values.size, undefined)


def usable(replicates: FloatArray, confidence: float) -> tuple[FloatArray | None, int]:
    """The replicates that are defined, and how many are not.

    None instead of the former where they carry no interval: where they do not vary, or more are
    undefined than the tails hold that the interval leaves out.
    """
    defined = replicates[np.isfinite(replicates)]
    undefined = replicates.size - defined.size
    carries = varies(defined) and undefined <= (1 - confidence) * replicates.size
    return (defined if carries else None), undefined


def resample(count: int, resamples: int, generator: np.random.Generator) -> Iterator[Indices]:
    """Rows of `count` indices drawn with replacement, in parts that fit in memory."""
    rows = max(1, _CHUNK // count)
    for start in range(0, resamples, rows):
        yield generator.integers(0, count, (min(rows, resamples - start), count))


def _leave_one_out(count: int) -> Iterator[Indices]:
    """In parts, since all of them at once take count^2 numbers."""
    rows, kept = max(1, _CHUNK // count), np.arange(count - 1)
    for start in range(0, count, rows):
        left_out = np.arange(start, min(start + rows, count))[:, None]
        yield kept + (kept >= left_out)


def _cut(
    estimate: float,
    values: FloatArray,
    count: int,
    left_out: FloatArray | None,
    confidence: float,
    method: BootstrapMethod,
) -> Interval | None:
    tail = (1 - confidence) / 2
    tails: tuple[float, float] | None = (tail, 1 - tail)
    if method == "expanded":
        tails = expanded_tails(count, count - 1, confidence) if count > 1 else None
    if left_out is not None:
        tails = _corrected_tails(estimate, values, left_out, confidence)
    if tails is None:
        return None
    low, high = np.quantile(values, tails)
    return Interval(float(low), float(high), confidence)


def expanded_tails(count: int, degrees: int, confidence: float) -> tuple[float, float]:
    """The shares below the ends of an expanded interval.

    Args:
        count: Values in the sample, or in all samples that the statistic pools.
        degrees: The same less one for each sample; at least 1.
        confidence: Nominal coverage.
    """
    reach = math.sqrt(count / degrees) * t_quantile(degrees, confidence)
    return float(ndtr(-reach)), float(ndtr(reach))


def _corrected_tails(
    estimate: float, values: FloatArray, left_out: FloatArray, confidence: float
) -> tuple[float, float] | None:
    """The tails shifted for bias and skewness; None where the sample does not say by how much."""
    below = np.mean(values < estimate) + np.mean(values == estimate) / 2
    if not (0 < below < 1 and np.isfinite(left_out).all() and varies(left_out)):
        return None
    away = left_out.mean() - left_out
    skew = float(np.sum(away**3) / (6 * np.sum(away**2) ** 1.5))
    bias, reach = float(ndtri(below)), float(ndtri(0.5 + confidence / 2))
    first, second = (bias + z / (1 - skew * z) for z in (bias - reach, bias + reach))
    return float(ndtr(first)), float(ndtr(second))


def _common_length(arrays: Sequence[NDArray[Any]]) -> int:
    lengths = [len(array) for array in arrays]
    if not lengths:
        raise ConfigError("got no arrays, expected at least one with an entry per example")
    if len(set(lengths)) > 1:
        given = ", ".join(map(str, lengths))
        raise ConfigError(f"arrays have {given} entries, expected as many examples in each")
    return lengths[0]


def check_options(resamples: int, confidence: float, method: str) -> None:
    """Raise ConfigError where an option of a bootstrap is out of range."""
    check_confidence(confidence)
    if resamples < 1:
        raise ConfigError(f"resamples is {resamples}, expected at least 1, better 2000")
    if method not in get_args(BootstrapMethod):
        known = ", ".join(get_args(BootstrapMethod))
        raise ConfigError(f"bootstrap method is {method!r}, expected one of {known}")
