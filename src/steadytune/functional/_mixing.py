"""Mixing weights with those they started from."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_LEVELS = 1 << 16  # values that a draw can take


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
    dropped = min(round(p * _LEVELS), _LEVELS - 1)
    count = shape[0] * shape[1]
    # Four draws are made at once: a generator's call costs more than the bits it gives.
    words = torch.empty(-(-count // 4), dtype=torch.int64, device=generator.device)
    draws = words.random_(-(2**63), None, generator=generator).view(torch.int16)[:count]
    mask = torch.empty(shape, device=generator.device)
    torch.ge(draws.view(shape), dropped - _LEVELS // 2, out=mask)
    return mask.mul_(_LEVELS / (_LEVELS - dropped))


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
