"""Which weights belong to a child network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .._exceptions import ConfigError
from ._bernoulli import fill_with_draws


def bernoulli_mask(
    like: Float[Tensor, "*shape"], share: float, generator: torch.Generator
) -> Float[Tensor, "*shape"]:
    """A mask with entries 1, with probability `share`, and otherwise 0.

    Draws have 16 bits, so that the probability is that of `share` rounded to a multiple of 2^-16,
    but never to 0.

    Args:
        like: What has the mask's shape, dtype and device.
        share: Probability of 1, above 0 and at most 1.
        generator: Where the draws come from.
    """
    return fill_with_draws(torch.empty_like(like), share, generator)


def held_in_place(
    moved: Float[Tensor, "*shape"], before: Float[Tensor, "*shape"], mask: Float[Tensor, "*shape"]
) -> Float[Tensor, "*shape"]:
    """Put `moved` back, in place, to `before` where `mask` is 0; where it is 1 it stays, exactly.

    Interpolation between the two: it is several times faster than a selection by truth values.
    """
    return torch.lerp(before, moved, mask, out=moved)


def largest_share(scores: Sequence[Float[Tensor, "*_"]], share: float) -> list[Bool[Tensor, "*_"]]:
    """True for the largest `share` of all scores, compared over all tensors together.

    Equal scores at the threshold are all kept. A score of 0 is kept only with `share` 1.

    Args:
        scores: Non-negative scores, such as the diagonal Fisher information of weights.
        share: Share to keep, above 0 and at most 1; at least one score is kept.

    Raises:
        ConfigError: If a score is infinite or not a number, as it has no place in the order.
    """
    together = torch.cat([score.flatten() for score in scores])
    odd = len(together) - int(together.isfinite().sum())
    if odd:
        raise ConfigError(
            f"{odd} of {len(together)} scores are infinite or not a number, expected finite ones; "
            "leave out the gradients that overflowed"
        )
    dropped = len(together) - max(1, round(share * len(together)))
    if dropped == 0:
        return [torch.ones_like(score, dtype=torch.bool) for score in scores]
    threshold = together.kthvalue(dropped + 1).values
    return [(score >= threshold) & (score > 0) for score in scores]
