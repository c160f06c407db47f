"""Uniform noise, of unit variance or of a size that does not depend on the sentence's length."""

from __future__ import annotations

from jaxtyping import Bool, Float, Int
from torch import Tensor


def uniform_of_unit_variance(draws: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """U(-sqrt(3), sqrt(3)), of mean 0 and variance 1, from uniform draws from [0, 1)."""
    return 3**0.5 * (2 * draws - 1)


def length_scaled_noise(
    draws: Float[Tensor, "batch seq dim"],
    mask: Int[Tensor, "batch seq"] | Float[Tensor, "batch seq"] | Bool[Tensor, "batch seq"],
    magnitude: float,
) -> Float[Tensor, "batch seq dim"]:
    """U(-1, 1) * magnitude / sqrt(n_i * dim), with n_i the number of example i's real tokens.

    The expected squared Frobenius norm of an example's noise is magnitude^2 / 3, whatever its
    length.

    Args:
        draws: Uniform draws from [0, 1).
        mask: 1 for real tokens, 0 for pads, whose noise is exactly 0.
        magnitude: Largest Frobenius norm that an example's noise can have.
    """
    real = mask.bool()
    coordinates = real.sum(-1).clamp(min=1).to(draws.dtype) * draws.shape[-1]
    size = magnitude * coordinates.rsqrt()[:, None, None]
    return ((2 * draws - 1) * size).masked_fill(~real[..., None], 0.0)
