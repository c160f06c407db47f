"""Mixing weights with those they started from."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from ._bernoulli import drawn_share, fill_with_draws


def mixing_mask(
    shape: tuple[int, int], p: float, generator: torch.Generator
) -> Float[Tensor, "rows columns"]:
    """A mask with entries 0, with probability p, and otherwise 1 / (1 - p): M / (1 - p).

    Draws have 16 bits. Probability and scale are those of p rounded to a multiple of 2^-16, so
    that the mean is 1 exactly.

    Args:
        shape: Of the mask.
        p: Probability of 0, below 1.
        generator: Where the draws come from; the mask is on its device, in float32.
    """
    mask = fill_with_draws(torch.empty(shape, device=generator.device), 1 - p, generator)
    return mask.mul_(1 / drawn_share(1 - p))


def mixed_weight(
    weight: Float[Tensor, "rows columns"],
    start: Float[Tensor, "#rows #columns"],
    mask: Float[Tensor, "#rows #columns"],
) -> Float[Tensor, "rows columns"]:
    """w~ = u + M (w - u) / (1 - p), which is ((1 - M) u + M w - p u) / (1 - p).

    Its mean over masks is w, and its gradient with respect to w is M / (1 - p).

    Args:
        weight: The weight w.
        start: The weight u that it is mixed with, a constant.
        mask: M / (1 - p), a row or a column where inputs are masked as a whole.
    """
    dtype = torch.promote_types(weight.dtype, mask.dtype)
    mixed = torch.lerp(start.to(dtype), weight.to(dtype), mask.to(dtype))
    return mixed.to(weight.dtype)
