"""Calibration error against cases worked by hand and against torchmetrics on many classes."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from steadytune.metrics.calibration import expected_calibration_error


def logits_of(*confidences: float) -> np.ndarray:
    """Two classes, the first of them with these probabilities."""
    probabilities = np.array(confidences)
    return np.log(np.stack([probabilities, 1 - probabilities], axis=1))


def test_by_hand() -> None:
    # bins of width 1/15: 0.62 and 0.65 share one, 0.9 has its own
    logits = logits_of(0.62, 0.65, 0.9, 0.9)
    # first bin: confidence 0.635, half right; second: 0.9, all right
    assert expected_calibration_error(logits, np.array([0, 1, 0, 0])) == pytest.approx(
        0.5 * 0.135 + 0.5 * 0.1
    )


def test_a_calibrated_classifier_has_none() -> None:
    labels = np.array([0, 0, 0, 1])
    assert expected_calibration_error(logits_of(*[0.75] * 4), labels) == pytest.approx(0)


def test_logits_between_zero_and_one_are_not_probabilities() -> None:
    # softmax of (1, 0) is 0.731
    error = expected_calibration_error(np.array([[1.0, 0.0]]), np.array([0]))
    assert error == pytest.approx(1 - 1 / (1 + np.exp(-1)))


def test_certainty_shares_a_bin_with_what_is_nearly_certain() -> None:
    # Confidence 1 and wrong, 0.98 and right: in one bin, half right at 0.99 on average.
    logits = np.array([[1000.0, 0.0], logits_of(0.98)[0]])
    assert expected_calibration_error(logits, np.array([1, 0])) == pytest.approx(0.49)


def test_even_odds_of_two_classes_that_occur_equally() -> None:
    # The first class is predicted on ties, as accuracy does.
    error = expected_calibration_error(np.zeros((4, 2)), np.array([0, 1, 0, 1]))
    assert error == pytest.approx(0)


def test_as_torchmetrics_with_several_classes() -> None:
    draws = np.random.default_rng(0)
    logits, labels = draws.normal(size=(200, 4)) * 3, draws.integers(0, 4, size=200)
    expected = multiclass_calibration_error(
        torch.from_numpy(logits).softmax(dim=1), torch.from_numpy(labels), num_classes=4, n_bins=15
    )
    assert expected_calibration_error(logits, labels) == pytest.approx(float(expected), rel=1e-5)
