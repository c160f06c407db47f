"""Lanczos' iteration for the largest eigenvalue of a symmetric map, example by example."""

from __future__ import annotations

import torch
from torch import Tensor

# Below this share of the largest value, what is left of a vector is rounding.
_ROUNDING = 1e-6


class KrylovSpace:
    """An orthonormal basis of start, A start, A A start, ... for each example of a batch.

    The largest eigenvalue of A within the space is never above A's own, up to rounding.

    Args:
        start: The first direction, (batch, ...), of any length.
    """

    def __init__(self, start: Tensor) -> None:
        self._shape, self._dtype = start.shape, start.dtype
        flat = start.flatten(1).double()
        self._basis = [flat / flat.norm(dim=1, keepdim=True).clamp(min=1e-300)]
        self._diagonal: list[Tensor] = []
        self._beside: list[Tensor] = []

    @property
    def last(self) -> Tensor:
        """The newest direction, to which A is to be applied, (batch, ...)."""
        found: Tensor = self._basis[-1].reshape(self._shape).to(self._dtype)
        return found

    def extend(self, product: Tensor) -> None:
        """Take in `product`, A applied to `last`."""
        rest = product.flatten(1).double()
        self._diagonal.append((rest * self._basis[-1]).sum(1))
        for _ in range(2):  # once leaves rounding of the size of what is taken away
            for direction in self._basis:
                rest = rest - (rest * direction).sum(1, keepdim=True) * direction
        length = rest.norm(dim=1)
        scale = torch.stack(self._diagonal).abs().amax(0)
        length = torch.where(length > _ROUNDING * scale, length, 0.0)
        # A space that A does not leave is not extended: the direction is zero.
        self._basis.append(rest / length.where(length > 0, torch.inf)[:, None])
        self._beside.append(length)

    def largest(self) -> tuple[Tensor, Tensor]:
        """The largest eigenvalue found, (batch,), and ||A u - value * u|| at its direction u."""
        size = len(self._diagonal)
        matrix = torch.diag_embed(torch.stack(self._diagonal, -1))
        if size > 1:
            beside = torch.diag_embed(torch.stack(self._beside[:-1], -1), offset=1)
            matrix = matrix + beside + beside.transpose(1, 2)
        values, vectors = torch.linalg.eigh(matrix)
        return values[:, -1], self._beside[-1] * vectors[:, -1, -1].abs()
