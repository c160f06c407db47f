"""Metrics of classification as the field reports them; an undefined one is None, never NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import Scores
from .calibration import expected_calibration_error
from .confusion_counts import score_of_classes
from .row_chunks import of_rows

CLASSIFICATION_METRICS = ("accuracy", "f1", "matthews", "f1_macro", "f1_weighted")
"""Metrics that a classification task can have as its primary one: the higher the better."""


def classification_metrics(logits: ArrayLike, labels: ArrayLike) -> Scores:
    """Score predictions of a classifier.

    Args:
        logits: Shape (rows, classes), classes at least 2. A row's prediction is its largest one.
        labels: Shape (rows,), integers from 0 to classes - 1.

    Returns:
        `accuracy`; `f1`, of class 1 where there are two classes, else the mean over the classes
        that occur among labels or predictions; `matthews`, Matthews' correlation; `f1_macro` and
        `f1_weighted`, the means of F1 over the classes as scikit-learn calls them; `loss`, the mean
        cross-entropy in nats; `ece`, the expected calibration error. None stands for what is
        undefined: everything where there are no rows or a logit is not finite; F1 where class 1 is
        neither present nor predicted; Matthews' correlation where labels or predictions are all the
        same.

    Raises:
        ValueError: The shapes do not fit or a label is out of range.
    """
    scores = np.asarray(logits)
    truth = np.asarray(labels)
    _check_shapes(scores, truth)
    if not len(truth) or not np.isfinite(scores).all():
        return dict.fromkeys((*CLASSIFICATION_METRICS, "loss", "ece"))
    predicted = scores.argmax(axis=1)
    return {
        **_of_classes(predicted, truth, classes=scores.shape[1]),
        "loss": _cross_entropy(scores, truth),
        "ece": expected_calibration_error(scores, truth),
    }


def best_constant_score(labels: ArrayLike, classes: int, metric: str) -> float:
    """The highest score that predicting one and the same class for every row can reach.

    Args:
        labels: Shape (rows,), at least one, integers from 0 to classes - 1.
        classes: Number of classes.
        metric: One of `CLASSIFICATION_METRICS`. Where it is undefined for a constant prediction, 0
            stands for it, as is usual for Matthews' correlation.
    """
    of_class = np.bincount(np.asarray(labels), minlength=classes).astype(np.float64)
    rows, most = of_class.sum(), of_class.max()
    if metric == "accuracy":
        return float(most / rows)
    if metric == "matthews":
        return 0.0
    if metric == "f1" and classes == 2:
        return float(2 * of_class[1] / (rows + of_class[1]))
    # F1 of the class that is predicted; of all others it is 0. It grows with the class's rows.
    best = 2 * most / (rows + most)
    if metric == "f1_weighted":
        return float(best * most / rows)
    return float(best / np.count_nonzero(of_class))


def _of_classes(predicted: NDArray[Any], truth: NDArray[Any], classes: int) -> Scores:
    return {
        "accuracy": float((predicted == truth).mean()),
        "f1": _f1(truth, predicted, "binary" if classes == 2 else "macro"),
        "matthews": score_of_classes("matthews", classes, predicted, truth),
        "f1_macro": _f1(truth, predicted, "macro"),
        "f1_weighted": _f1(truth, predicted, "weighted"),
    }


def _check_shapes(scores: NDArray[Any], truth: NDArray[Any]) -> None:
    if scores.ndim != 2 or scores.shape[1] < 2 or truth.shape != scores.shape[:1]:
        raise ValueError(
            f"expected logits of shape (rows, classes) with 2 classes or more, one label per row, "
            f"got logits {scores.shape} and labels {truth.shape}"
        )
    if truth.size and not (np.issubdtype(truth.dtype, np.integer)):
        raise ValueError(f"expected integer labels, got {truth.dtype}")
    if truth.size and not 0 <= truth.min() <= truth.max() < scores.shape[1]:
        raise ValueError(
            f"expected labels from 0 to {scores.shape[1] - 1}, "
            f"got labels from {truth.min()} to {truth.max()}"
        )


def _f1(truth: NDArray[Any], predicted: NDArray[Any], average: str) -> float | None:
    from sklearn.metrics import f1_score

    score = float(f1_score(truth, predicted, average=average, zero_division=np.nan))
    return None if np.isnan(score) else score


def _cross_entropy(scores: NDArray[Any], truth: NDArray[Any]) -> float:
    from scipy.special import log_softmax

    def of_truth(part: NDArray[Any], labels: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = log_softmax(part.astype(np.float64), axis=1)[
            np.arange(len(part)), labels
        ]
        return found

    return float(-of_rows(of_truth, scores, truth).mean())
