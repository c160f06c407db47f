"""Layerwise noise stability: how far hidden states move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Reduction = Literal["mean", "sum"]
Distance = Literal["absolute", "relative", "standardised"]

DISTANCES: tuple[Distance, ...] = ("absolute", "relative", "standardised")

# A token of zeros has no direction and no size: it is compared as it is, but for this.
_TINY = 1e-12


def squared_displacement(
    moved: Float[Tensor, "batch seq dim"],
    still: Float[Tensor, "batch seq dim"],
    mask: Int[Tensor, "batch seq"] | Float[Tensor, "batch seq"] | Bool[Tensor, "batch seq"],
    reduction: Reduction = "mean",
    distance: Distance = "absolute",
) -> Float[Tensor, " batch"]:
    """How far each example's hidden state moved: squared Euclidean distances of its real tokens.

    Differences are taken in float32 at least. Only `absolute` is changed by the length of the
    hidden state: a model can make it small by shrinking all it computes.

    Args:
        moved: The hidden state after a change.
        still: The hidden state without it.
        mask: 1 for real tokens, 0 for pads, which do not count.
        reduction: `mean` averages over the example's real tokens and over the width; `sum` adds up.
        distance: `absolute` compares the states as they are; `relative` in units of the root mean
            square of each unmoved token; `standardised` after each token of either state is shifted
            to mean 0 and scaled to variance 1 over its width.
    """
    dtype = torch.promote_types(moved.dtype, torch.float32)
    moved, still = _in_units(moved.to(dtype), still.to(dtype), distance)
    squares = (moved - still).square()
    real = mask.to(dtype)
    if reduction == "sum":
        return (squares.sum(-1) * real).sum(-1)
    return (squares.mean(-1) * real).sum(-1) / real.sum(-1).clamp(min=1)


def _in_units(moved: Tensor, still: Tensor, distance: Distance) -> tuple[Tensor, Tensor]:
    if distance == "absolute":
        return moved, still
    if distance == "standardised":
        return _standardised(moved), _standardised(still)
    size = still.square().mean(-1, keepdim=True).clamp(min=_TINY).sqrt()
    return moved / size, still / size


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
