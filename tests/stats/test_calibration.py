"""Temperatures and intervals of residuals."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune.stats.calibration import fit_temperature, mixture_log_loss, residual_width


def sure_predictions(examples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits three times too large for labels that are drawn from their softmax."""
    draws = np.random.default_rng(seed)
    logits = draws.normal(size=(examples, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([draws.choice(3, p=row) for row in shares])
    return 3 * logits[None], labels


def test_the_temperature_undoes_what_made_logits_too_large() -> None:
    logits, labels = sure_predictions(4000, 0)
    assert fit_temperature(logits, labels) == pytest.approx(3.0, rel=0.1)


def test_other_examples_lose_less_with_it() -> None:
    logits, labels = sure_predictions(300, 1)
    others, truth = sure_predictions(300, 2)
    temperature = fit_temperature(logits, labels)
    assert mixture_log_loss(others, truth, temperature) < mixture_log_loss(others, truth) - 0.1


def test_predictions_that_are_right_stay() -> None:
    logits, labels = sure_predictions(4000, 3)
    assert fit_temperature(logits / 3, labels) == pytest.approx(1.0, abs=0.1)


def test_the_loss_of_a_mixture_is_that_of_the_mean_probability() -> None:
    members = np.log(np.array([[[0.8, 0.2]], [[0.4, 0.6]]]))
    assert mixture_log_loss(members, np.array([0])) == pytest.approx(-np.log(0.6))


def test_a_width_holds_its_share_of_new_residuals() -> None:
    draws = np.random.default_rng(0)
    inside = []
    for _ in range(300):
        width = residual_width(draws.normal(size=60))
        assert width is not None
        inside.append(np.mean(np.abs(draws.normal(size=200)) <= width))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.015)
    assert residual_width(np.zeros(5)) is None
