"""Weights, where they started, and how far they are from there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

_BLOCK = 1 << 17  # entries of a block of differences, so few that a processor's cache holds them


def half_squared_distance(
    weights: Sequence[Float[Tensor, ...]],
    starts: Sequence[Float[Tensor, ...]],
    tables: Collection[int] = (),
) -> Float[Tensor, ""]:
    """D = 1/2 sum_i ||w_i - w_i^0||^2, whose gradient is w_i - w_i^0, also where it is zero.

    No graph of elementwise operations is kept. The sum is taken in float32 at least.

    Args:
        weights: The weights w.
        starts: Where they started, w^0, of the same shapes, dtypes and devices; constants.
        tables: Positions of matrices most of whose rows are still where they started, as those of
            word embeddings are. Where that is so, on the processor, their gradient is a sparse
            tensor of the rows that moved. It is added into the dense gradient of the task.
    """
    if not weights:
        return torch.zeros(())
    result: Tensor = _HalfSquaredDistance.apply(  # type: ignore[no-untyped-call]
        frozenset(tables), len(weights), *weights, *starts
    )
    return result


def half_squared_low_rank_distance(
    up: Float[Tensor, "out rank"],
    down: Float[Tensor, "rank inner"],
    start_up: Float[Tensor, "out rank"],
    start_down: Float[Tensor, "rank inner"],
) -> Float[Tensor, ""]:
    """1/2 ||B A - B^0 A^0||_F^2 of a low-rank product, without making the product.

    B A - B^0 A^0 = [B - B^0, B^0] [A; A - A^0], and ||P Q||_F^2 = sum(P^T P * Q Q^T).

    Args:
        up: B.
        down: A.
        start_up: B^0.
        start_down: A^0.
    """
    dtype = torch.promote_types(up.dtype, torch.float32)
    b, a, b0, a0 = (part.to(dtype) for part in (up, down, start_up, start_down))
    left, right = torch.cat([b - b0, b0], dim=1), torch.cat([a, a - a0])
    with torch.autocast(up.device.type, enabled=False):
        return ((left.T @ left) * (right @ right.T)).sum() / 2


def noisy_weight(
    weight: Float[Tensor, "*shape"], uniform: Float[Tensor, "*shape"], intensity: float
) -> Float[Tensor, "*shape"]:
    """w + intensity * std(w) * u with u uniform on [-1/2, 1/2): noise by the spread of the weight.

    Args:
        weight: The weight w. One with fewer than two entries has no spread and is not changed.
        uniform: Draws from [0, 1).
        intensity: The noise intensity, lambda in the paper.
    """
    return relatively_noisy_weight(weight, uniform - 0.5, intensity)


def relatively_noisy_weight(
    weight: Float[Tensor, "*shape"], draws: Float[Tensor, "*shape"], size: float
) -> Float[Tensor, "*shape"]:
    """w + size * std(w) * z: noise by the spread of the weight.

    Args:
        weight: The weight w. One with fewer than two entries has no spread and is not changed.
        draws: The noise z before it is scaled, with mean 0.
        size: Its size relative to the spread.
    """
    if weight.numel() < 2:
        return weight
    exact = weight.to(torch.promote_types(weight.dtype, torch.float32))
    return (exact + size * exact.std() * draws).to(weight.dtype)


class _HalfSquaredDistance(torch.autograd.Function):
    """The distance by hand: autograd's way would read and write the weights eight times."""

    @staticmethod
    def forward(ctx: Any, tables: frozenset[int], count: int, *tensors: Tensor) -> Tensor:
        weights, starts = tensors[:count], tensors[count:]
        ctx.save_for_backward(*tensors)
        ctx.moved = {}
        if any(weight.device.type != "cpu" for weight in weights):
            return _sum(_squares(weights, starts)) / 2
        squares = []
        for index, pair in enumerate(zip(weights, starts, strict=True)):
            if index in tables:
                rows = _row_squares(*pair)
                ctx.moved[index] = rows.nonzero()[:, 0]
                squares.append(rows.sum())
            else:
                squares.append(_blockwise_square(*pair))
        return _sum(squares) / 2

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: Tensor) -> Any:
        count = len(ctx.saved_tensors) // 2
        weights, starts = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        sparse = {
            index: _sparse_difference(weights[index], starts[index], rows, scale)
            for index, rows in ctx.moved.items()
            if 4 * len(rows) <= len(weights[index])
        }
        rest = [index for index in range(count) if index not in sparse]
        dense = _differences([weights[i] for i in rest], [starts[i] for i in rest], scale)
        found = {**sparse, **dict(zip(rest, dense, strict=True))}
        return None, None, *(found[index] for index in range(count)), *([None] * count)


def _squares(weights: Sequence[Tensor], starts: Sequence[Tensor]) -> list[Tensor]:
    """||w_i - w_i^0||^2 of each weight, in few large operations, as accelerators like them."""
    dtype = reduce(torch.promote_types, (weight.dtype for weight in weights), torch.float32)
    differences = torch._foreach_sub(list(weights), list(starts))
    return [norm.square() for norm in torch._foreach_norm(differences, dtype=dtype)]


def _sum(parts: Sequence[Tensor]) -> Tensor:
    return torch.stack([part.to(parts[0].device, parts[0].dtype) for part in parts]).sum()


def _blockwise_square(weight: Tensor, start: Tensor) -> Tensor:
    """||w - w0||^2 from blocks of differences in one small buffer, which is faster than whole."""
    dtype = torch.promote_types(weight.dtype, torch.float32)
    buffer = torch.empty(min(_BLOCK, weight.numel()), dtype=dtype)
    parts = []
    for now, then in zip(
        weight.reshape(-1).split(_BLOCK), start.reshape(-1).split(_BLOCK), strict=True
    ):
        difference = torch.sub(now, then, out=buffer[: now.numel()])
        parts.append(torch.dot(difference, difference))
    return torch.stack(parts).sum()


def _row_squares(weight: Tensor, start: Tensor) -> Tensor:
    """||w_r - w0_r||^2 of each row r."""
    dtype = torch.promote_types(weight.dtype, torch.float32)
    step = max(1, _BLOCK // weight.shape[1])
    buffer = torch.empty(step, weight.shape[1], dtype=dtype)
    lengths = [
        torch.linalg.vector_norm(torch.sub(now, then, out=buffer[: len(now)]), dim=1)
        for now, then in zip(weight.split(step), start.split(step), strict=True)
    ]
    return torch.cat(lengths).square()


def _differences(
    weights: Sequence[Tensor], starts: Sequence[Tensor], scale: Tensor
) -> Sequence[Tensor]:
    if not weights:
        return ()
    found = torch._foreach_sub(list(weights), list(starts))
    torch._foreach_mul_(found, scale)
    return found


def _sparse_difference(weight: Tensor, start: Tensor, rows: Tensor, scale: Tensor) -> Tensor:
    values = (weight.index_select(0, rows) - start.index_select(0, rows)).mul_(scale)
    return torch.sparse_coo_tensor(
        rows[None], values, weight.shape, is_coalesced=True, check_invariants=False
    )
