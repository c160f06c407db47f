"""Noise for a hidden state: Gaussian, or Gaussian in length and of another direction."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from . import functional
from ._step import Step

Noise = Literal["gaussian", "in-manifold", "interpolation", "subspace", "covariance"]
NOISES: tuple[Noise, ...] = ("gaussian", "in-manifold", "interpolation", "subspace", "covariance")

# The definition in the papers is not accessible; this is steadytune's reading of the name.
IN_MANIFOLD: Noise = "interpolation"


def resolve_noise(noise: Noise) -> Noise:
    """The sampler that a name stands for."""
    return IN_MANIFOLD if noise == "in-manifold" else noise


def draw_noise(
    step: Step, hidden: Tensor, mask: Tensor, *, noise: Noise, std: float, relative: bool, rank: int
) -> Tensor:
    """Noise for the real tokens of `hidden`, zero at pads.

    Args:
        step: The step whose generators it comes from.
        hidden: (batch, tokens, width); no gradient flows into it from the noise.
        mask: (batch, tokens), 1 for real tokens.
        noise: The sampler.
        std: Standard deviation per coordinate, or its ratio to a token's root mean square.
        relative: Whether `std` is that ratio.
        rank: Dimension of the principal subspace, for `subspace`.

    Returns:
        (batch, tokens, width), in float32 at least.
    """
    with torch.no_grad():
        state = hidden.to(torch.promote_types(hidden.dtype, torch.float32))
        gaussian = std * step.normal_like(state, "noise")
        if relative:
            gaussian = gaussian * state.square().mean(-1, keepdim=True).sqrt()
        real = mask.bool()
        kind = resolve_noise(noise)
        if kind != "gaussian":
            gaussian = _redirected(step, kind, gaussian, state, real, rank)
        return gaussian * real[..., None]


def _redirected(
    step: Step, kind: Noise, gaussian: Tensor, state: Tensor, real: Tensor, rank: int
) -> Tensor:
    """The Gaussian draws turned into the sampler's direction, their lengths kept."""
    generator = step.generator("direction")
    if kind == "interpolation":
        direction = functional.partner_directions(state, real, generator)
    elif kind == "covariance":
        direction = functional.covariance_directions(state, real, generator)
    else:
        direction = functional.subspace_directions(state, real, rank, generator)
    turned, lost = functional.rescaled(direction, gaussian)
    step.log("noise_without_direction", (lost & real).sum() / real.sum().clamp(min=1))
    return turned
