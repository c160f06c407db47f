"""How far a classifier's confidence is from how often it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .row_chunks import of_rows

BINS = 15


def expected_calibration_error(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    """The gap between confidence and accuracy, averaged over bins of confidence (torchmetrics).

    The confidence of a row is the probability of its most probable class. In each of 15 bins of
    equal width, the gap is that between the mean confidence and the share of right predictions;
    bins weigh as much as they have rows. It is 0 for a calibrated classifier and at most 1. See
    Guo et al., *On Calibration of Modern Neural Networks*, ICML 2017.

    Args:
        logits: Shape (rows, classes), finite, at least one row.
        labels: Shape (rows,), integers from 0 to classes - 1.
    """
    import torch
    from scipy.special import softmax
    from torchmetrics.functional.classification import binary_calibration_error

    # Probabilities, because torchmetrics takes logits that all lie in 0 to 1 for probabilities.
    # Whether the top class is right is a binary outcome: ties then fall as accuracy counts them.
    confidences = of_rows(lambda part: softmax(part.astype(np.float64), axis=1).max(axis=1), logits)
    right = logits.argmax(axis=1) == labels
    # A confidence of exactly 1 would have a bin of its own, beyond the last.
    confidences = np.minimum(confidences, np.nextafter(1.0, 0.0))
    error = binary_calibration_error(
        torch.from_numpy(confidences), torch.from_numpy(right.astype(np.int64)), n_bins=BINS
    )
    return float(error)
