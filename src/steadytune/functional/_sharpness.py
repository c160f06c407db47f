"""Points near the weights: the sharpest one, and random ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def ascent_in_weights(
    gradients: Sequence[Float[Tensor, "*_"]],
    radius: float,
    weights: Sequence[Float[Tensor, "*_"]] | None = None,
) -> list[Float[Tensor, "*_"]]:
    """radius * g / ||g||, with g all gradients as one vector: SAM's step, of length `radius`.

    With weights w it is ASAM's, radius * w^2 g / || |w| g ||, coordinate by coordinate: its length
    is `radius` where each coordinate is measured in units of its weight.

    Where the gradient is zero or not finite there is no direction, and the step is zero.
    """
    if weights is not None:
        sizes = [weight.detach().abs() for weight in weights]
        steps = ascent_in_weights(torch._foreach_mul(list(gradients), sizes), radius)
        return list(torch._foreach_mul(steps, sizes))
    norms = [
        torch.linalg.vector_norm(g, dtype=torch.promote_types(g.dtype, torch.float32))
        for g in gradients
    ]
    total = torch.stack([norm.to(norms[0]) for norm in norms]).norm().item() if norms else 0.0
    if not (math.isfinite(total) and total > 0):
        return [torch.zeros_like(gradient) for gradient in gradients]
    return list(torch._foreach_mul(list(gradients), radius / total))


def displaced(
    weights: Sequence[Float[Tensor, "*_"]], directions: Sequence[Float[Tensor, "*_"]], length: float
) -> list[Float[Tensor, "*_"]]:
    """w + length * d, in the dtype of the weights."""
    steps = [d.to(w.dtype) for w, d in zip(weights, directions, strict=True)]
    return list(torch._foreach_add(list(weights), steps, alpha=length))
