"""Directions for noise that follows the batch's own representations."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def rescaled(
    direction: Float[Tensor, "batch seq dim"], like: Float[Tensor, "batch seq dim"]
) -> tuple[Float[Tensor, "batch seq dim"], Bool[Tensor, "batch seq"]]:
    """`direction` at the length of `like`, token by token; `like` itself where it is zero.

    Returns:
        The rescaled directions, and which tokens had none.
    """
    length = torch.linalg.vector_norm(direction, dim=-1)
    lost = ~(length > 0)
    ratio = torch.linalg.vector_norm(like, dim=-1) / length.masked_fill(lost, 1.0)
    return torch.where(lost[..., None], like, direction * ratio[..., None]), lost


def partner_directions(
    hidden: Float[Tensor, "batch seq dim"],
    real: Bool[Tensor, "batch seq"],
    generator: torch.Generator,
) -> Float[Tensor, "batch seq dim"]:
    """From each real token to a random real token of another example; zero without one."""
    counts = real.sum(1)
    total = int(counts.sum())
    own = counts.repeat_interleave(counts)
    start = (counts.cumsum(0) - counts).repeat_interleave(counts)
    draws = torch.rand(total, generator=generator, device=hidden.device, dtype=torch.float64)
    partner = (draws * (total - own)).long()
    partner = partner + own * (partner >= start)
    tokens = hidden[real]
    found = (own < total)[:, None]
    partner = partner.clamp(max=total - 1)
    directions = torch.where(found, tokens[partner] - tokens, torch.zeros_like(tokens))
    return torch.zeros_like(hidden).masked_scatter(real[..., None], directions)


def covariance_directions(
    hidden: Float[Tensor, "batch seq dim"],
    real: Bool[Tensor, "batch seq"],
    generator: torch.Generator,
) -> Float[Tensor, "batch seq dim"]:
    """Gaussian draws whose covariance is that of the batch's real tokens.

    With T the centred tokens (count, dim), any factor F with F^T F = T^T T makes them: a row of
    standard Gaussian draws times F / sqrt(count - 1). Where tokens outnumber dimensions F is the R
    of T = Q R, so that no more than count * dim numbers are drawn; whatever the rank of T.
    """
    tokens = _centred(hidden, real)
    count, dim = tokens.shape
    factor = tokens if count <= dim else torch.linalg.qr(tokens, mode="r").R
    mixing = torch.randn(
        count, len(factor), generator=generator, device=hidden.device, dtype=tokens.dtype
    )
    draws = mixing @ factor / max(count - 1, 1) ** 0.5
    return torch.zeros_like(hidden).masked_scatter(real[..., None], draws)


def subspace_directions(
    hidden: Float[Tensor, "batch seq dim"],
    real: Bool[Tensor, "batch seq"],
    rank: int,
    generator: torch.Generator,
) -> Float[Tensor, "batch seq dim"]:
    """Gaussian draws projected on the principal subspace of the batch's real tokens.

    The subspace comes from four rounds of subspace iteration with eight spare columns.
    """
    tokens = _centred(hidden, real)
    count, dim = tokens.shape
    columns = min(rank + 8, count, dim)
    options = {"generator": generator, "device": hidden.device, "dtype": tokens.dtype}
    basis = torch.randn(dim, columns, **options)  # type: ignore[call-overload]
    for _ in range(4):
        basis = torch.linalg.qr(tokens.T @ (tokens @ basis)).Q
    spread = torch.linalg.svd(tokens @ basis, full_matrices=False)
    axes = basis @ spread.Vh.T[:, : min(rank, columns)]  # (dim, rank), the largest first
    draws = torch.randn(count, dim, **options) @ axes @ axes.T  # type: ignore[call-overload]
    return torch.zeros_like(hidden).masked_scatter(real[..., None], draws)


def _centred(
    hidden: Float[Tensor, "batch seq dim"], real: Bool[Tensor, "batch seq"]
) -> Float[Tensor, "tokens dim"]:
    tokens = hidden[real]
    return tokens - tokens.mean(0)
