"""Noise for a hidden state: Gaussian, uniform, or Gaussian in length and of another direction."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from .. import functional
from .step import Step

Noise = Literal["gaussian", "uniform", "in-manifold", "interpolation", "subspace", "covariance"]
NOISES: tuple[Noise, ...] = get_args(Noise)

# Those whose draws are independent from one coordinate to the next.
ISOTROPIC: frozenset[Noise] = frozenset({"gaussian", "uniform"})

# The definition in the papers is not accessible; this is steadytune's reading of the name.
IN_MANIFOLD: Noise = "interpolation"


def resolve_noise(noise: Noise) -> Noise:
    """The sampler that a name stands for."""
    return IN_MANIFOLD if noise == "in-manifold" else noise


def redirected(
    gaussian: Tensor,
    hidden: Tensor,
    real: Tensor,
    *,
    noise: Noise,
    rank: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Gaussian draws turned into the direction of a sampler, each token's length kept.

    Args:
        gaussian: (batch, tokens, width).
        hidden: The hidden state that the directions follow, of the same shape.
        real: (batch, tokens), True for real tokens.
        noise: The sampler.
        rank: Dimension of the principal subspace, for `subspace`.
        generator: What the direction is drawn from.

    Returns:
        The turned draws, and which tokens kept the Gaussian's direction for want of another.
    """
    kind = resolve_noise(noise)
    if kind in ISOTROPIC:
        return gaussian, torch.zeros_like(real)
    # Autocast would make the products 16 bits wide, in a loop that has it on around everything.
    with torch.autocast(hidden.device.type, enabled=False):
        if kind == "interpolation":
            direction = functional.partner_directions(hidden, real, generator)
        elif kind == "covariance":
            direction = functional.covariance_directions(hidden, real, generator)
        else:
            direction = functional.subspace_directions(hidden, real, rank, generator)
        turned, lost = functional.rescaled(direction, gaussian)
    return turned, lost & real


def draw_noise(
    step: Step,
    hidden: Tensor,
    mask: Tensor,
    *,
    noise: Noise,
    std: float,
    relative: bool,
    rank: int,
    site: str = "",
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
        site: What tells its draws from others of the same method and step.

    Returns:
        (batch, tokens, width), in float32 at least.
    """
    with torch.no_grad():
        state = hidden.to(torch.promote_types(hidden.dtype, torch.float32))
        if noise == "uniform":
            unit = functional.uniform_of_unit_variance(step.uniform_like(state, f"noise{site}"))
        else:
            unit = step.normal_like(state, f"noise{site}")
        drawn = std * unit
        if relative:
            drawn = drawn * state.square().mean(-1, keepdim=True).sqrt()
        real = mask.bool()
        if noise not in ISOTROPIC:
            generator = step.generator(f"direction{site}")
            drawn, lost = redirected(
                drawn, state, real, noise=noise, rank=rank, generator=generator
            )
            step.log("noise_without_direction", lost.sum() / real.sum().clamp(min=1))
        return drawn * real[..., None]
