"""How far apart two predictions of one model are, example by example.

Probabilities are compared in float32 at least. Each function is symmetric in its two predictions,
never negative, and zero where they agree.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .._exact import exact


def class_divergence(
    left: Float[Tensor, "batch classes"],
    right: Float[Tensor, "batch classes"],
    by_sides: bool = False,
) -> Float[Tensor, " batch"]:
    """Symmetrised Kullback-Leibler divergence of two classifications, KL(P || Q) + KL(Q || P).

    Args:
        left: Logits, whose softmax is P.
        right: Logits, whose softmax is Q.
        by_sides: Whether the first argument of either term is a constant to the gradient. Close to
            each other that is half the gradient of the definition.
    """
    apart = _symmetric_kl(left, right, _absent(left, right))
    return _of_sides(apart, left, right) if by_sides else apart


def span_divergence(
    left: tuple[Float[Tensor, "batch seq"], Float[Tensor, "batch seq"]],
    right: tuple[Float[Tensor, "batch seq"], Float[Tensor, "batch seq"]],
    mask: Int[Tensor, "batch seq"] | Float[Tensor, "batch seq"] | Bool[Tensor, "batch seq"],
) -> Float[Tensor, " batch"]:
    """Symmetrised divergence of where an answer starts and ends, the mean of the two.

    Args:
        left: Logits of the start and of the end over the tokens.
        right: The same of the other prediction.
        mask: 1 for real tokens. Pads get no probability, whatever their logits.
    """
    pads = ~mask.bool()
    terms = [
        _symmetric_kl(one, other, pads | _absent(one, other))
        for one, other in zip(left, right, strict=True)
    ]
    return (terms[0] + terms[1]) / 2


def token_divergence(
    left: Float[Tensor, "batch seq classes"],
    right: Float[Tensor, "batch seq classes"],
    mask: Int[Tensor, "batch seq"] | Float[Tensor, "batch seq"] | Bool[Tensor, "batch seq"],
) -> Float[Tensor, " batch"]:
    """`class_divergence` of each token, averaged over the example's tokens where mask is not 0."""
    counts = mask.bool()
    values = _symmetric_kl(left, right, _absent(left, right)).masked_fill(~counts, 0.0)
    return values.sum(-1) / counts.sum(-1).clamp(min=1)


def label_divergence(
    left: Float[Tensor, "batch labels"], right: Float[Tensor, "batch labels"]
) -> Float[Tensor, " batch"]:
    """Symmetrised divergence of labels that hold or not independently, the mean over labels.

    Args:
        left: Logits, whose sigmoids are the probabilities.
        right: The same of the other prediction.
    """
    left, right = exact(left), exact(right)
    return ((left.sigmoid() - right.sigmoid()) * (left - right)).mean(-1)


def value_divergence(
    left: Float[Tensor, "batch outputs"], right: Float[Tensor, "batch outputs"]
) -> Float[Tensor, " batch"]:
    """Squared difference of two regressions, the mean over outputs."""
    return (exact(left) - exact(right)).square().mean(-1)


def _of_sides(apart: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """The same value, with the gradient of -sum_c (q_c log p_c + p_c log q_c), weights constant."""
    absent = _absent(left, right)
    log_p, log_q = (_log_softmax_without(logits, absent) for logits in (left, right))
    crossed = -(log_q.detach().exp() * log_p + log_p.detach().exp() * log_q).sum(-1)
    return apart.detach() + (crossed - crossed.detach())


def _symmetric_kl(left: Tensor, right: Tensor, absent: Tensor) -> Tensor:
    """sum_c (p_c - q_c) (log p_c - log q_c) over the last axis.

    Each term is non-negative, so that close predictions do not cancel as they do in the
    difference of an entropy and a cross-entropy.
    """
    log_p, log_q = (_log_softmax_without(logits, absent) for logits in (left, right))
    return ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(-1)


def _log_softmax_without(logits: Tensor, absent: Tensor) -> Tensor:
    """Log-probabilities in which what is absent has none; finite there, so that 0 * it is 0."""
    logits = exact(logits)
    return logits.masked_fill(absent, torch.finfo(logits.dtype).min).log_softmax(-1)


def _absent(left: Tensor, right: Tensor) -> Tensor:
    """What both predictions rule out with a logit of minus infinity."""
    return (left == -torch.inf) & (right == -torch.inf)
