"""Masks of independent draws, for weights: cheap to draw, with a probability that is exact."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_LEVELS = 1 << 16  # values that a draw can take


def drawn_share(share: float) -> float:
    """The probability that draws of 16 bits give for `share`: a multiple of 2^-16, never 0.

    Divide by it instead of by `share` where a mean over masks has to be exact.
    """
    return max(round(share * _LEVELS), 1) / _LEVELS


def fill_with_draws(
    mask: Float[Tensor, "*shape"], share: float, generator: torch.Generator
) -> Float[Tensor, "*shape"]:
    """Set the entries of `mask` to 1 with probability `drawn_share(share)`, otherwise to 0."""
    kept = round(drawn_share(share) * _LEVELS)
    # Four draws are made at once: a generator's call costs more than the bits it gives.
    words = torch.empty(-(-mask.numel() // 4), dtype=torch.int64, device=mask.device)
    words.random_(-(2**63), None, generator=generator)
    draws = words.view(torch.int16)[: mask.numel()].view(mask.shape)
    return torch.ge(draws, _LEVELS // 2 - kept, out=mask)
