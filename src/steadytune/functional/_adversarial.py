"""Perturbations inside a ball: their size, the direction of ascent, and the projection."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Norm = Literal["linf", "l2"]
Extent = Literal["token", "example"]

NORMS: tuple[Norm, ...] = ("linf", "l2")


def perturbation_norm(
    delta: Float[Tensor, "batch seq dim"], norm: Norm, extent: Extent
) -> Float[Tensor, "batch seq_or_one 1"]:
    """The size of a perturbation.

    Args:
        delta: The perturbation, zero at pads.
        norm: `linf`, the largest absolute coordinate, or `l2`, the Euclidean length.
        extent: What has a size of its own: each `token`, giving (batch, seq, 1), or each whole
            `example`, giving (batch, 1, 1).
    """
    axes = (-1,) if extent == "token" else (-2, -1)
    largest = delta.abs().amax(axes, keepdim=True)
    if norm == "linf":
        return largest
    # The largest coordinate is taken out first: squares of tiny gradients would underflow.
    scaled = delta / _nonzero(largest)
    length: Tensor = torch.linalg.vector_norm(scaled, dim=axes, keepdim=True)
    return largest * length


def ascent_direction(
    gradient: Float[Tensor, "batch seq dim"], norm: Norm, extent: Extent
) -> Float[Tensor, "batch seq dim"]:
    """The gradient scaled to size 1 in `norm`, token by token or example by example.

    What has no gradient, or one below the smallest normal number, has no direction and stays about
    zero.
    """
    largest = perturbation_norm(gradient, "linf", extent)
    scaled = gradient / _nonzero(largest)
    return scaled / _nonzero(perturbation_norm(scaled, norm, extent))


def project_to_ball(
    delta: Float[Tensor, "batch seq dim"], radius: float, norm: Norm, extent: Extent
) -> Float[Tensor, "batch seq dim"]:
    """The nearest perturbation whose size is at most `radius`.

    Exact for `linf`; a length in `l2` may exceed the radius by rounding.
    """
    if norm == "linf":
        return delta.clamp(-radius, radius)
    size = perturbation_norm(delta, norm, extent)
    return torch.where(size > radius, delta * (radius / _nonzero(size)), delta)


def on_real_tokens(
    delta: Float[Tensor, "batch seq dim"],
    mask: Int[Tensor, "batch seq"] | Float[Tensor, "batch seq"] | Bool[Tensor, "batch seq"],
) -> Float[Tensor, "batch seq dim"]:
    """`delta` where `mask` is not zero, and exactly 0 at pads, whatever stands there."""
    return delta.masked_fill(~mask.bool()[..., None], 0.0)


def _nonzero(size: Tensor) -> Tensor:
    """`size` to divide by, and 1 where it is zero or so small that a processor may flush it."""
    smallest = torch.finfo(size.dtype).tiny
    return torch.where(size >= smallest, size, torch.ones_like(size))
