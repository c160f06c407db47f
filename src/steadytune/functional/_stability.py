"""Layerwise noise stability: how far hidden states move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Reduction = Literal["mean", "sum"]
Distance = Literal["absolute", "relative", "standardised", "scatter"]

DISTANCES: tuple[Distance, ...] = ("absolute", "relative", "standardised", "scatter")

# A token of zeros has no direction and no size: this stands in.
_TINY = 1e-12

# Tokens that lie closer together than a thousandth of their length differ by rounding in 16 bits.
_LEAST_SCATTER = 1e-6


def squared_displacement(
    moved: Float[Tensor, "batch seq dim"],
    still: Float[Tensor, "batch seq dim"],
    mask: Int[Tensor, "batch seq"] | Float[Tensor, "batch seq"] | Bool[Tensor, "batch seq"],
    reduction: Reduction = "mean",
    distance: Distance = "absolute",
) -> Float[Tensor, " batch"]:
    """How far each example's hidden state moved: squared Euclidean distances of its real tokens.

    Differences are taken in float32 at least. A model can make `absolute` small by shrinking all it
    computes, and all but `scatter` by computing much the same for every token of every example.

    Args:
        moved: The hidden state after a change.
        still: The hidden state without it.
        mask: 1 for real tokens, 0 for pads, which do not count.
        reduction: `mean` averages over the example's real tokens and over the width; `sum` adds up.
        distance: `absolute` compares the states as they are; `relative` in units of the root mean
            square of each unmoved token; `standardised` after each token of either state is shifted
            to mean 0 and scaled to variance 1 over its width; `scatter` in units of how far the
            batch's unmoved real tokens lie from their mean (root mean square), noise to signal;
            0 where there is but one real token.
    """
    dtype = torch.promote_types(moved.dtype, torch.float32)
    real = mask.to(dtype)
    moved, still = _in_units(moved.to(dtype), still.to(dtype), real, distance)
    squares = (moved - still).square()
    if reduction == "sum":
        return (squares.sum(-1) * real).sum(-1)
    return (squares.mean(-1) * real).sum(-1) / real.sum(-1).clamp(min=1)


def _in_units(
    moved: Tensor, still: Tensor, real: Tensor, distance: Distance
) -> tuple[Tensor, Tensor]:
    if distance == "absolute":
        return moved, still
    if distance == "standardised":
        return _standardised(moved), _standardised(still)
    if distance == "scatter":
        # A single token has no others to lie apart from: it counts nothing.
        several = real.sum() > 1
        unit = _variance_between_tokens(still, real).sqrt().where(several, torch.inf)
    else:
        unit = still.square().mean(-1, keepdim=True).clamp(min=_TINY).sqrt()
    return moved / unit, still / unit


def _variance_between_tokens(state: Tensor, real: Tensor) -> Tensor:
    """Of the batch's real tokens around their mean, averaged over the width: one number.

    It has a floor: were it 0 for equal tokens, a step that makes them equal would end training.
    """
    share = (real / real.sum().clamp(min=1)).unsqueeze(-1)
    mean = (share * state).sum((0, 1))
    variance = (share * (state - mean).square()).sum((0, 1)).mean()
    length = (share * state.square()).sum((0, 1)).mean().detach()
    return variance.clamp(min=_LEAST_SCATTER * length + _TINY)


def _standardised(state: Tensor) -> Tensor:
    return torch.nn.functional.layer_norm(state, state.shape[-1:], eps=_TINY)


def noise_stability(
    noisy: Sequence[Float[Tensor, "batch seq _dim"]],
    clean: Sequence[Float[Tensor, "batch seq _dim"]],
    mask: Int[Tensor, "batch seq"] | Float[Tensor, "batch seq"] | Bool[Tensor, "batch seq"],
    weights: Sequence[float],
    reduction: Reduction = "mean",
    distance: Distance = "absolute",
) -> Float[Tensor, ""]:
    """Layerwise noise stability: R = sum_r w_r E_i d(h_r(x_i + e_i), h_r(x_i)).

    Args:
        noisy: The hidden states above the injection layer, from the perturbed pass; widths may
            differ between layers.
        clean: The same ones from the clean pass.
        mask: 1 for real tokens, 0 for pads.
        weights: One non-negative weight a layer. With `mean` they are divided by their sum.
        reduction: That of `squared_displacement`, which is d.
        distance: The same.
    """
    total = sum(weights) if reduction == "mean" else 1.0
    terms = [
        (weight / total) * squared_displacement(n, c, mask, reduction, distance).mean()
        for n, c, weight in zip(noisy, clean, weights, strict=True)
        if weight
    ]
    return torch.stack(terms).sum()
