"""Disagreement between runs: by hand, against pair-by-pair loops and SciPy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.special import softmax

from steadytune._exceptions import ConfigError
from steadytune.stats import (
    LabelDisagreement,
    ValueDisagreement,
    class_disagreement,
    label_disagreement,
    value_disagreement,
)


def test_answers_by_hand() -> None:
    found = label_disagreement([["a", "b", "c", "c"], ["a", "b", "c", "d"], ["a", "x", "c", "d"]])
    # Pairs of runs differ on 1, 2 and 1 of the four examples; two examples are not unanimous.
    assert found.churn == pytest.approx(4 / 12)
    assert (found.largest_churn, found.ambiguity, found.jensen_shannon) == (0.5, 0.5, None)
    assert (found.runs, found.examples) == (3, 4)


@given(st.integers(2, 5), st.integers(1, 6), st.integers(0, 2**31))
def test_churn_equals_two_answers_drawn_without_replacement(
    runs: int, examples: int, seed: int
) -> None:
    answers = np.random.default_rng(seed).integers(0, 3, (runs, examples))
    counts = np.stack([(answers == c).sum(axis=0) for c in range(3)])
    agreement = (counts * (counts - 1)).sum(axis=0) / (runs * (runs - 1))
    assert label_disagreement(answers).churn == pytest.approx(1 - agreement.mean())


def test_jensen_shannon_equals_that_of_scipy() -> None:
    table = softmax(np.random.default_rng(0).normal(0, 2, (4, 10, 3)), axis=-1)
    expected = [
        jensenshannon(p, q, base=2) ** 2
        for first, second in combinations(table, 2)
        for p, q in zip(first, second, strict=True)
    ]
    assert class_disagreement(table).jensen_shannon == pytest.approx(np.mean(expected))


def test_equal_runs_agree_and_opposite_ones_do_not() -> None:
    sure = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    same = class_disagreement(np.repeat(sure, 3, axis=0))
    opposite = class_disagreement(np.concatenate([sure, sure[..., ::-1]]))
    assert same == LabelDisagreement(3, 2, 0.0, 0.0, 0.0, 0.0)
    assert opposite == LabelDisagreement(2, 2, 1.0, 1.0, 1.0, pytest.approx(1.0))


def test_answers_of_classifiers_are_the_likeliest_classes() -> None:
    answers = np.array([[0, 0, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1]])
    found = class_disagreement(np.eye(2)[answers])
    # Pairs of runs differ on 3, 3 and 4 of the five examples; none is unanimous.
    assert found.churn == pytest.approx(10 / 15)
    assert (found.largest_churn, found.ambiguity) == (0.8, 1.0)
    assert found.jensen_shannon == pytest.approx(10 / 15)


def test_runs_can_disagree_in_what_they_predict_without_disagreeing_in_answers() -> None:
    found = class_disagreement([[[0.9, 0.1]], [[0.6, 0.4]]])
    assert found.churn == 0.0 and (found.jensen_shannon or 0) > 0.05


def test_values_equal_the_mean_over_pairs() -> None:
    values = np.random.default_rng(1).normal(size=(6, 30))
    pairs = np.stack([np.abs(first - second) for first, second in combinations(values, 2)])
    found = value_disagreement(values)
    assert found.mean_difference == pytest.approx(pairs.mean())
    assert found.largest_difference == pytest.approx(pairs.mean(axis=0).max())


def test_one_run_or_no_examples_have_no_disagreement() -> None:
    assert label_disagreement([[1, 2]]) == LabelDisagreement(1, 2)
    assert label_disagreement(np.zeros((3, 0))) == LabelDisagreement(3, 0)
    assert class_disagreement(np.zeros((2, 0, 3))) == LabelDisagreement(2, 0)
    assert value_disagreement([[0.5]]) == ValueDisagreement(1, 1)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"1 axes, expected 2: \(runs, examples\)"):
        label_disagreement([1, 2])
    with pytest.raises(ConfigError, match="2 axes, expected 3"):
        class_disagreement([[0.5, 0.5]])
    for bad in ([2.0, -1.0], [np.nan, 0.5], [np.inf, 0.0]):
        with pytest.raises(ConfigError, match="negative or undefined numbers: apply a softmax"):
            class_disagreement([[bad]])
    with pytest.raises(ConfigError, match=r"sum to 0\.9, expected 1: apply a softmax"):
        class_disagreement([[[0.5, 0.4]]])
    with pytest.raises(ConfigError, match="finite"):
        value_disagreement([[np.nan], [1.0]])
