"""How many seeds a comparison needs: the chance that a test finds a difference that is there.

All of it is in closed form, for normal scores of two methods that share their seeds. The mean is
tested by the paired t-test, the spread by the Pitman-Morgan test. Runs that fail now and then make
scores far from normal; then these numbers are too hopeful.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import gammaincinv, stdtrit

from .._exceptions import ConfigError
from ._checks import FloatArray

MOST_PAIRS = 100_000
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)


def std_of_differences(std: float, correlation: float = 0.0) -> float:
    """The standard deviation of paired differences: std * sqrt(2 * (1 - correlation)).

    Args:
        std: Standard deviation over seeds, the same for both methods.
        correlation: Between the scores of the two methods with the same seed.

    Raises:
        ConfigError: If `std` is not positive or `correlation` does not lie between -1 and 1.
    """
    _check_positive("std", std)
    _check_correlation(correlation)
    return std * math.sqrt(2 * (1 - correlation))


def mean_power(count: int, effect: float, *, significance: float = 0.05) -> float:
    """The chance that a two-sided paired t-test of `count` pairs finds a mean difference.

    Args:
        count: Pairs; below two there is no test, and no power.
        effect: True mean difference over the standard deviation of the differences.
        significance: The p-value at or below which the test calls it a difference.

    Raises:
        ConfigError: If an argument is out of range.
    """
    _check_significance(significance)
    if not math.isfinite(effect):
        raise ConfigError(f"effect is {effect}, expected a finite number")
    if count < 2:
        return 0.0
    return float(_t_power(count - 1, np.array([effect * math.sqrt(count)]), significance)[0])


def spread_power(
    count: int, ratio: float, correlation: float = 0.0, *, significance: float = 0.05
) -> float:
    """The chance that a Pitman-Morgan test of `count` pairs finds a ratio of spreads.

    The test is one of the correlation between sum and difference. Given the sums it is a t-test
    whose noncentrality depends on their sum of squares; the power is the mean over that.

    Args:
        count: Pairs; below three there is no test, and no power.
        ratio: True standard deviation of one method over that of the other.
        correlation: Between the scores of the two methods with the same seed.
        significance: The p-value at or below which the test calls it a difference.

    Raises:
        ConfigError: If an argument is out of range.
    """
    _check_significance(significance)
    _check_positive("ratio", ratio)
    _check_correlation(correlation)
    if count < 3:
        return 0.0
    # The correlation c of sum and difference enters as c / sqrt(1 - c^2).
    slope = (ratio - 1 / ratio) / (2 * math.sqrt(1 - correlation**2))
    squares = 2 * gammaincinv((count - 1) / 2, (1 + _NODES) / 2)
    powers = _t_power(count - 2, slope * np.sqrt(squares), significance)
    return float(np.dot(_WEIGHTS, powers) / 2)


def needed_pairs(power: Callable[[int], float], target: float = 0.8) -> int | None:
    """The fewest pairs with which `power`, which grows with them, reaches `target`.

    Returns:
        None if 100,000 pairs are not enough.

    Raises:
        ConfigError: If `target` is not a share between 0 and 1.

    Example:
        `needed_pairs(lambda count: mean_power(count, 0.5), 0.9)`
    """
    _check_target(target)
    if power(MOST_PAIRS) < target:
        return None
    low, high = 0, 1
    while power(high) < target:
        low, high = high, min(2 * high, MOST_PAIRS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= target else (middle, high)
    return high


def detectable_effect(
    count: int, target: float = 0.8, *, significance: float = 0.05
) -> float | None:
    """The smallest mean difference, in standard deviations of the differences, found with `target`.

    Returns:
        None below two pairs.

    Raises:
        ConfigError: If an argument is out of range.
    """
    _check_target(target)

    def lack(effect: float) -> float:
        return mean_power(count, effect, significance=significance) - target

    return _first_root(lack, 1.0) if count >= 2 else None


def detectable_ratio(
    count: int, correlation: float = 0.0, target: float = 0.8, *, significance: float = 0.05
) -> float | None:
    """The ratio of spreads below one, and nearest to it, that is found with the chance `target`.

    Its inverse is found as often.

    Returns:
        None below three pairs.

    Raises:
        ConfigError: If an argument is out of range.
    """
    _check_target(target)

    def lack(logarithm: float) -> float:
        ratio = math.exp(-logarithm)
        return spread_power(count, ratio, correlation, significance=significance) - target

    found = _first_root(lack, 1.0) if count >= 3 else None
    return None if found is None else math.exp(-found)


def _t_power(degrees: int, noncentrality: FloatArray, significance: float) -> FloatArray:
    """Two-sided power of a t-test, for each noncentrality."""
    from scipy.stats import nct  # scipy.special.nctdtr is NaN here and there

    border = float(stdtrit(degrees, 1 - significance / 2))
    sides = [nct.sf(border, degrees, sign * noncentrality) for sign in (1, -1)]
    powers: FloatArray = np.sum(sides, axis=0)
    return powers


def _first_root(lack: Callable[[float], float], start: float) -> float | None:
    """Where a growing function of a positive number crosses zero; None if it is too far out."""
    from scipy.optimize import brentq

    high = start
    while lack(high) < 0:
        high *= 2
        if high > 1e6:
            return None
    return 0.0 if lack(0.0) >= 0 else float(brentq(lack, 0.0, high, xtol=1e-10))


def _check_positive(name: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ConfigError(f"{name} is {value}, expected a number above 0")


def _check_correlation(value: float) -> None:
    if not -1 < value < 1:
        raise ConfigError(f"correlation is {value}, expected a number between -1 and 1")


def _check_significance(value: float) -> None:
    if not 0 < value < 1:
        raise ConfigError(f"significance is {value}, expected a share between 0 and 1 like 0.05")


def _check_target(value: float) -> None:
    if not 0 < value < 1:
        raise ConfigError(f"power is {value}, expected a share between 0 and 1 like 0.8")
