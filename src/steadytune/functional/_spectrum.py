"""Singular values: of a weight matrix, and of a batch of features."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from .._exact import exact


def largest_singular_value(
    weight: Float[Tensor, "outputs inputs"],
) -> tuple[Float[Tensor, ""], Float[Tensor, " outputs"], Float[Tensor, " inputs"]]:
    """The spectral norm of a matrix with its singular vectors u and v, in float32 at least."""
    left, values, right = torch.linalg.svd(exact(weight), full_matrices=False)
    return values[0], left[:, 0], right[0]


def normalised_weight_gradient(
    gradient: Float[Tensor, "outputs inputs"], weight: Float[Tensor, "outputs inputs"]
) -> Float[Tensor, "outputs inputs"]:
    """What spectral normalisation makes of a gradient: G - <G, W> / s * u v^T.

    Where W has the spectral norm s = 1, it is the gradient of loss(W / s(W)) with respect to W.

    Args:
        gradient: G, the gradient of loss(W).
        weight: W, with first singular vectors u and v. Zero leaves the gradient as it is.
    """
    norm, left, right = largest_singular_value(weight)
    along = (exact(gradient) * exact(weight)).sum() / torch.where(norm > 0, norm, 1.0)
    return (exact(gradient) - along * torch.outer(left, right)).to(gradient.dtype)


def spectral_shrinkage(features: Float[Tensor, "batch dim"], smallest: int) -> Float[Tensor, ""]:
    """The sum of the `smallest` squared singular values of a batch of features.

    Zero if there are no more than `smallest` singular values: none would be left to keep.
    The squares are the eigenvalues of the Gram matrix, whose gradient holds up where singular
    values are equal or zero.
    """
    rows = exact(features)
    gram = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    if len(gram) <= smallest:
        return 0.0 * rows.sum()
    lowest: Tensor = torch.linalg.eigvalsh(gram)[:smallest]
    return lowest.clamp(min=0.0).sum()
