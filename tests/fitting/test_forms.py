"""The form that is kept: the best out of fold, corrected for the choice."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune.fitting.candidates import Candidate
from steadytune.fitting.forms import BLEND, ENSEMBLE, FROZEN, SINGLE, Parts, choose_form
from steadytune.fitting.judge import Judge, OutOfFold
from steadytune.fitting.measure import Measure

ACCURACY = Measure("accuracy", lambda p, t: float((p == t).mean()), percent=True)
STRONG, WEAK = [3.0, 0.0], [0.0, 1.0]


def parts(outputs: np.ndarray, frozen: np.ndarray) -> Parts:
    truth = np.zeros(outputs.shape[1], dtype=int)
    found = OutOfFold(Candidate("plain", 1e-4, 3.0), outputs)
    return Parts(Judge(ACCURACY, truth, 0), found, frozen)


def test_an_ensemble_is_kept_where_the_average_is_better() -> None:
    apart = np.array([[STRONG, WEAK, STRONG, STRONG], [STRONG, STRONG, WEAK, STRONG]])
    silent = np.array([[0.0, 9.0]] * 4)  # the frozen model is wrong, and sure of it
    assert choose_form(parts(apart, silent), 3).form is ENSEMBLE
    assert choose_form(parts(apart, silent), 1).form is SINGLE


def test_a_single_seed_is_kept_where_the_average_is_worse() -> None:
    one, other = [WEAK, STRONG, STRONG], [[0.0, 9.0], [0.0, 9.0], STRONG]
    found = choose_form(parts(np.array([one, other]), np.array([[0.0, 9.0]] * 3)), 2)
    assert found.form is SINGLE


def test_answers_of_a_single_seed_are_those_of_one_repetition() -> None:
    one, other = [WEAK, STRONG, STRONG], [[0.0, 9.0], [0.0, 9.0], STRONG]
    both = parts(np.array([one, other]), np.array([[0.0, 9.0]] * 3))
    shown = both.shown(SINGLE).averaged().argmax(axis=1)
    assert shown.tolist() == np.array(one).argmax(axis=1).tolist()
    assert both.shown(SINGLE).averaged(2.0).shape == both.shown(ENSEMBLE).averaged().shape
    assert both.shown(ENSEMBLE).averaged().argmax(axis=1).tolist() == [1, 1, 0]


def test_the_frozen_model_is_kept_where_nothing_surpasses_it() -> None:
    wrong = np.array([[[0.0, 9.0]] * 6] * 2)
    found = choose_form(parts(wrong, np.array([STRONG] * 6)), 2)
    assert found.form is FROZEN and "100.0 % out of fold" in found.why


def test_a_mixture_is_kept_where_both_err_elsewhere() -> None:
    seeds = np.array([[WEAK, STRONG, STRONG, STRONG]] * 2)
    frozen = np.array([STRONG, WEAK, STRONG, STRONG])
    found = choose_form(parts(seeds, frozen), 2)
    assert found.form is BLEND
    assert BLEND.weights(2) == (0.25, 0.25, 0.5)


def test_of_equal_forms_the_average_of_seeds_is_kept() -> None:
    alike = np.array([[STRONG] * 4] * 2)
    found = choose_form(parts(alike, alike[0]), 2)
    assert found.form is ENSEMBLE and found.optimism == 0


def test_without_a_search_all_are_averaged() -> None:
    assert choose_form(None, 3).form is BLEND


def test_the_choice_among_equal_forms_is_corrected() -> None:
    draws = np.random.default_rng(0)
    gains, corrections = [], []
    for _ in range(30):
        outputs, frozen = draws.normal(size=(2, 60, 2)), draws.normal(size=(60, 2))
        found = parts(outputs, frozen)
        chosen = choose_form(found, 2)
        gains.append(found.scorer(chosen.form)(np.arange(60)) - 0.5)
        corrections.append(chosen.optimism)
    assert np.mean(gains) > 0.02  # all forms guess, and the best of them looks better
    assert np.mean(corrections) == pytest.approx(np.mean(gains), abs=0.02)
