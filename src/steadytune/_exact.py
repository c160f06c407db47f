"""Float32 at least: what sums, products and averages of half-precision numbers are made in."""

from __future__ import annotations

import torch
from torch import Tensor


def exact_dtype(tensor: Tensor) -> torch.dtype:
    """Its type, or float32 where that has fewer bits."""
    return torch.promote_types(tensor.dtype, torch.float32)


def exact(tensor: Tensor) -> Tensor:
    """The tensor in that type."""
    return tensor.to(exact_dtype(tensor))
