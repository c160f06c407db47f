"""Which weights belong to a child network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def largest_share(scores: Sequence[Float[Tensor, "*_"]], share: float) -> list[Bool[Tensor, "*_"]]:
    """True for the largest `share` of all scores, compared over all tensors together.

    Equal scores at the threshold are all kept. A score of 0 is kept only with `share` 1.

    Args:
        scores: Non-negative scores, such as the diagonal Fisher information of weights.
        share: Share to keep, above 0 and at most 1; at least one score is kept.
    """
    together = torch.cat([score.flatten() for score in scores])
    dropped = len(together) - max(1, round(share * len(together)))
    if dropped == 0:
        return [torch.ones_like(score, dtype=torch.bool) for score in scores]
    threshold = together.kthvalue(dropped + 1).values
    return [(score >= threshold) & (score > 0) for score in scores]
