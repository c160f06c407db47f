"""Noise of a given share of a hidden state's norm, and norms over an example's real tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .. import functional
from .._random import generator
from .._step.noise import Noise, redirected

_TINY = 1e-30


@dataclass(frozen=True)
class Sampler:
    """Where noise comes from: a sampler's name, and a key that its draws depend on alone.

    Args:
        noise: The sampler, as in `LNSR`.
        rank: Dimension of the principal subspace, for `subspace`.
        key: The key of the generators.
    """

    noise: Noise
    rank: int
    key: tuple[int | str, ...]

    def draw(self, state: Tensor, real: Tensor, *place: int) -> tuple[Tensor, Tensor]:
        """Noise whose norm over each example's real tokens equals that of `state`.

        Args:
            state: (batch, tokens, width) in float32.
            real: (batch, tokens), True for real tokens.
            *place: What tells this draw from others of the same key.

        Returns:
            The noise, zero at pads, and which tokens kept the Gaussian's direction for want of
            another.
        """
        normal, direction = (
            generator(state.device, *self.key, *place, site) for site in ("noise", "direction")
        )
        if self.noise == "uniform":
            unit = torch.rand(state.shape, generator=normal, device=state.device)
            drawn = functional.uniform_of_unit_variance(unit)
        else:
            drawn = torch.randn(state.shape, generator=normal, device=state.device)
        drawn, lost = redirected(
            drawn, state, real, noise=self.noise, rank=self.rank, generator=direction
        )
        drawn = drawn * real[..., None]
        wanted = norms([state], real) / norms([drawn], real).clamp(min=_TINY)
        return drawn * wanted[..., None], lost


def norms(states: Sequence[Tensor], mask: Tensor) -> Tensor:
    """Euclidean norms over the real tokens of each example, (examples, states)."""
    squares = [(s.float().square().sum(-1) * mask).sum(-1) for s in states]
    return torch.stack(squares, dim=-1).sqrt()
