"""Metrics of several labels per text, as scikit-learn computes them; None where undefined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import Scores

MULTILABEL_METRICS = ("f1_micro", "f1_macro", "exact_match")
"""Metrics that a task with several labels per text can have as its primary one."""

USUAL_THRESHOLD = 0.5

THRESHOLD = "decision_threshold"
"""What the threshold is called among predictions and in a model's configuration."""

_MOST_THRESHOLDS = 200
_DECIMALS = 4

Array = NDArray[Any]


def label_sets(logits: ArrayLike, threshold: ArrayLike) -> NDArray[np.bool_]:
    """Which labels are predicted: those whose probability reaches the threshold.

    Args:
        logits: Shape (rows, labels); their sigmoids are the probabilities.
        threshold: A probability, or one per row.
    """
    from scipy.special import expit

    least = np.asarray(threshold, dtype=np.float32).astype(np.float64)
    found: NDArray[np.bool_] = expit(np.asarray(logits, dtype=np.float64)) >= least.reshape(-1, 1)
    return found


def multilabel_metrics(logits: ArrayLike, labels: ArrayLike, threshold: ArrayLike) -> Scores:
    """Score predicted sets of labels.

    Args:
        logits: Shape (rows, labels).
        labels: The same shape, 1 where a label holds, else 0.
        threshold: The probability from which on a label is predicted, or one per row.

    Returns:
        `f1_micro`, over all pairs of row and label; `f1_macro`, the mean over labels, with 0 for
        one that neither holds nor is predicted; `exact_match`, the share of rows with just their
        labels; `loss`, the mean binary cross-entropy in nats. All are None where there are no rows
        or a logit is not finite, F1 also where no label holds and none is predicted.

    Raises:
        ValueError: The shapes do not fit, or a label is neither 0 nor 1.
    """
    scores, truth = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    if scores.ndim != 2 or truth.shape != scores.shape or not np.isin(truth, (0, 1)).all():
        raise ValueError(
            f"expected logits of shape (rows, labels) and labels 0 or 1 of the same shape, got "
            f"logits {scores.shape} and labels {truth.shape}"
        )
    if not len(truth) or not np.isfinite(scores).all():
        return dict.fromkeys((*MULTILABEL_METRICS, "loss"))
    predicted, holds = label_sets(scores, threshold), truth.astype(bool)
    each = {name: of(predicted, holds) for name, of in OF_SETS.items()}
    return {**each, "loss": float(np.mean(np.logaddexp(0.0, scores) - truth * scores))}


def f1_micro(predicted: Array, truth: Array) -> float | None:
    """F1 over all pairs of row and label; None where no label holds and none is predicted."""
    total = predicted.sum() + truth.sum()
    return float(2 * (predicted & truth).sum() / total) if total else None


def f1_macro(predicted: Array, truth: Array) -> float | None:
    """The mean of F1 over all labels; None where no label holds and none is predicted."""
    totals = predicted.sum(axis=0) + truth.sum(axis=0)
    if not totals.any():
        return None
    return float(np.mean(2 * (predicted & truth).sum(axis=0) / np.maximum(totals, 1)))


def exact_match(predicted: Array, truth: Array) -> float | None:
    """The share of rows with just their labels (scikit-learn's subset accuracy)."""
    return float((predicted == truth).all(axis=1).mean()) if len(truth) else None


OF_SETS = {"f1_micro": f1_micro, "f1_macro": f1_macro, "exact_match": exact_match}
"""Metric -> its value for predicted and true labels, two arrays of booleans (rows, labels)."""


def best_threshold(logits: ArrayLike, labels: ArrayLike, metric: str) -> float:
    """The threshold with the highest score, of equal ones that closest to a half.

    Args:
        logits: Shape (rows, labels), of rows that were not trained on.
        labels: The same shape, 1 where a label holds.
        metric: One of `MULTILABEL_METRICS`; where it is undefined, it counts as 0.
    """
    from scipy.special import expit

    holds = np.asarray(labels).astype(bool)
    shares = np.unique(expit(np.asarray(logits, dtype=np.float64)))
    between = (shares[1:] + shares[:-1]) / 2
    if len(between) > _MOST_THRESHOLDS:
        between = np.quantile(between, np.linspace(0, 1, _MOST_THRESHOLDS))
    rounded = {round(float(share), _DECIMALS) for share in between} | {USUAL_THRESHOLD}

    def rank(threshold: float) -> tuple[float, float]:
        score = OF_SETS[metric](label_sets(logits, threshold), holds) or 0.0
        return score, -abs(threshold - USUAL_THRESHOLD)

    return max(sorted(rounded), key=rank)


def best_constant_score(labels: ArrayLike, metric: str) -> float:
    """The highest score that predicting one and the same set for every row can reach.

    Args:
        labels: Shape (rows, labels), at least one row, 1 where a label holds.
        metric: One of `MULTILABEL_METRICS`; where it is undefined, 0 stands for it.
    """
    truth = np.asarray(labels).astype(np.int64)
    rows, of_label = len(truth), np.sort(truth.sum(axis=0))[::-1]
    if metric == "exact_match":
        return float(np.unique(truth, axis=0, return_counts=True)[1].max() / rows)
    if metric == "f1_macro":
        return float(np.mean(2 * of_label / (rows + of_label)))
    # With k labels in the set, the k most frequent ones give most.
    sizes = np.arange(1, len(of_label) + 1)
    return float((2 * np.cumsum(of_label) / (rows * sizes + of_label.sum())).max())


def mean_logits(logits: ArrayLike, weights: Sequence[float] | None = None) -> Array:
    """The logits of the mean of members' probabilities.

    Args:
        logits: Members along the first axis.
        weights: What each member counts for; by default all count alike.
    """
    from scipy.special import log_expit, logsumexp

    each = np.asarray(logits, dtype=np.float64)
    shares = None
    if weights is not None:
        shares = np.asarray(weights, dtype=np.float64).reshape(-1, *[1] * (each.ndim - 1))
    held, left = (logsumexp(log_expit(s * each), axis=0, b=shares) for s in (1, -1))
    found: Array = held - left
    return found
