"""A few numbers by which the weights that a training started from are recognised."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .head import new_parameters
from .unwrapped import without_adapters

# Sums of many numbers differ this much, relative to their size, between machines.
_ROUNDING = 1e-9


@torch.no_grad()
def fingerprint(model: nn.Module) -> Tensor:
    """Sum and sum of squares of the pretrained weights, in float64.

    A head is left out, and under adapters all: they may have been drawn anew.
    """
    found = torch.zeros(2, dtype=torch.float64)
    if without_adapters(model) is not model:
        return found
    new = new_parameters(model)
    for name, parameter in model.named_parameters():
        if name not in new:
            values = parameter.float().cpu()  # float64 is not to be had everywhere
            sums = [kept.sum(dtype=torch.float64) for kept in (values, values.square())]
            found += torch.stack(sums)
    return found


def are_alike(one: Tensor, other: Tensor) -> bool:
    """Whether two fingerprints are of the same weights."""
    largest = float(torch.maximum(one, other)[1])
    return bool((one - other).abs().max() <= _ROUNDING * max(1.0, largest))
