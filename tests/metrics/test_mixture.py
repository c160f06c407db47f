"""The mean of members' probabilities, weighed or not."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from steadytune.metrics.mixture import log_mixture

LOGITS = np.array([[[1.0, 2.0, -1.0], [0.0, 0.0, 5.0]], [[300.0, 0.0, 0.0], [1.0, 1.0, 1.0]]])


def test_the_mean_of_probabilities() -> None:
    expected = softmax(LOGITS, axis=-1).mean(axis=0)
    np.testing.assert_allclose(np.exp(log_mixture(LOGITS)), expected)


def test_weights_count_by_their_share() -> None:
    one, other = softmax(LOGITS, axis=-1)
    np.testing.assert_allclose(np.exp(log_mixture(LOGITS, [1, 3])), one / 4 + 3 * other / 4)
    np.testing.assert_allclose(log_mixture(LOGITS, [2, 2]), log_mixture(LOGITS), atol=1e-12)
