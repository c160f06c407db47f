"""How much the predictions of runs that differ in their seed alone disagree, example by example.

Two runs of the same accuracy can be wrong on different examples. These numbers need no labels. All
take the runs along the first axis and the examples along the second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from .._exceptions import ConfigError
from ._checks import FloatArray


@dataclass(frozen=True)
class LabelDisagreement:
    """How often runs answer differently; None below two runs or without examples.

    Args:
        runs: Number of runs.
        examples: Number of examples.
        churn: Share of examples on which two runs differ, the mean over all pairs of runs.
        largest_churn: The same for the two runs that differ most.
        ambiguity: Share of examples on which the runs are not all of one answer. It grows with the
            number of runs, so compare it between methods with equally many.
        jensen_shannon: Mean Jensen-Shannon divergence between the distributions that two runs
            predict, in bits, from 0 (equal) to 1 (disjoint); None where only answers are known.
    """

    runs: int
    examples: int
    churn: float | None = None
    largest_churn: float | None = None
    ambiguity: float | None = None
    jensen_shannon: float | None = None


@dataclass(frozen=True)
class ValueDisagreement:
    """How far the predictions of a regression lie apart; None below two runs or without examples.

    Args:
        runs: Number of runs.
        examples: Number of examples.
        mean_difference: Mean absolute difference between two runs, over pairs and examples, in the
            units of the predictions.
        largest_difference: The same for the example on which the runs lie furthest apart.
    """

    runs: int
    examples: int
    mean_difference: float | None = None
    largest_difference: float | None = None


def label_disagreement(answers: ArrayLike) -> LabelDisagreement:
    """Disagreement between runs whose answers are known.

    Args:
        answers: (runs, examples): class numbers, or texts such as the answers to questions.

    Raises:
        ConfigError: If there are not two axes.

    Source: churn: Milani Fard et al. (2016), NeurIPS; ambiguity: Marx et al. (2020), ICML.
    """
    table = np.asarray(answers)
    _need_axes(table, 2, "answers", "(runs, examples)")
    runs, examples = table.shape
    if runs < 2 or not examples:
        return LabelDisagreement(runs, examples)
    churns = [float(np.mean(first != second)) for first, second in combinations(table, 2)]
    return LabelDisagreement(
        runs=runs,
        examples=examples,
        churn=math.fsum(churns) / len(churns),
        largest_churn=max(churns),
        ambiguity=float(np.mean((table != table[0]).any(axis=0))),
    )


def class_disagreement(probabilities: ArrayLike) -> LabelDisagreement:
    """Disagreement between classifiers, in their answers and in what they predict.

    Args:
        probabilities: (runs, examples, classes), each distribution summing to 1; from logits by
            `scipy.special.softmax(logits, axis=-1)`.

    Raises:
        ConfigError: If there are not three axes, or an entry is not a distribution.

    Source: Jensen-Shannon divergence: Lin (1991), IEEE Transactions on Information Theory 37.
    """
    table = np.asarray(probabilities, dtype=np.float64)
    _need_axes(table, 3, "probabilities", "(runs, examples, classes)")
    _check_distributions(table)
    runs, examples = table.shape[:2]
    if runs < 2 or not examples:
        return LabelDisagreement(runs, examples)
    answers = label_disagreement(table.argmax(axis=2))
    return LabelDisagreement(
        runs=runs,
        examples=examples,
        churn=answers.churn,
        largest_churn=answers.largest_churn,
        ambiguity=answers.ambiguity,
        jensen_shannon=_mean_jensen_shannon(table),
    )


def value_disagreement(values: ArrayLike) -> ValueDisagreement:
    """Disagreement between runs that predict a number.

    Args:
        values: (runs, examples).

    Raises:
        ConfigError: If there are not two axes, or a value is not finite.
    """
    table = np.asarray(values, dtype=np.float64)
    _need_axes(table, 2, "values", "(runs, examples)")
    if not np.isfinite(table).all():
        raise ConfigError("predicted values contain NaN or infinity, expected finite numbers")
    runs, examples = table.shape
    if runs < 2 or not examples:
        return ValueDisagreement(runs, examples)
    # Sorted, the k-th of n values is the larger one in k pairs and the smaller in n - 1 - k.
    signs = 2.0 * np.arange(runs) - (runs - 1)
    differences = signs @ np.sort(table, axis=0) / math.comb(runs, 2)
    return ValueDisagreement(runs, examples, float(differences.mean()), float(differences.max()))


def _mean_jensen_shannon(table: FloatArray) -> float:
    entropies = _entropies(table)
    total = 0.0
    pairs = list(combinations(range(len(table)), 2))
    for first, second in pairs:
        middle = _entropies((table[first] + table[second]) / 2)
        total += float(np.mean(middle - (entropies[first] + entropies[second]) / 2))
    return max(0.0, total / len(pairs) / math.log(2))


def _entropies(distributions: FloatArray) -> FloatArray:
    found: FloatArray = -xlogy(distributions, distributions).sum(axis=-1)
    return found


def _check_distributions(table: FloatArray) -> None:
    if not (np.isfinite(table).all() and (table >= 0).all()):
        raise ConfigError(
            "probabilities contain negative or undefined numbers: apply a softmax first"
        )
    if table.size and not np.allclose(table.sum(axis=-1), 1, atol=1e-3):
        raise ConfigError(
            f"probabilities sum to {table.sum(axis=-1).ravel()[0]:.4g}, expected 1: apply a softmax"
        )


def _need_axes(table: NDArray[np.generic], axes: int, name: str, shape: str) -> None:
    if table.ndim != axes:
        raise ConfigError(f"{name} have {table.ndim} axes, expected {axes}: {shape}")
