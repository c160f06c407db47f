"""Replaying a batch's dropout masks on some of its rows.

A generator that is put back redraws a mask only for a tensor of the same shape. When a pass is
repeated on fewer rows, every dropout therefore draws for the whole batch again and keeps the rows
that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

_DROPOUTS = {F.dropout, torch.dropout}


class RowDropout(TorchFunctionMode):
    """Inside, dropout on the rows `rows` of a batch of `batch_size` uses the whole batch's masks.

    Covers `F.dropout` (and `nn.Dropout`) and `F.scaled_dot_product_attention`. A tensor whose
    first dimension is not `len(rows)` is not batched, and its dropout is left alone.

    Args:
        rows: The rows that are there, as sorted indices.
        batch_size: How many there were when the masks were drawn.
        flattens: Whether a first dimension of several times `len(rows)`, as (rows * tokens, width)
            has it, is batched too.
    """

    def __init__(self, rows: Tensor, batch_size: int, *, flattens: bool = False) -> None:
        super().__init__()
        self._rows = rows
        self._batch_size = batch_size
        self._flattens = flattens

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in _DROPOUTS:
            return self._dropout(func, *args, **kwargs)
        if func is F.scaled_dot_product_attention:
            return self._attention(*args, **kwargs)
        return func(*args, **kwargs)

    def _dropout(
        self, func: Callable[..., Tensor], input: Tensor, *args: Any, **kwargs: Any
    ) -> Tensor:
        if not self._is_batched(input):
            if self._flattens and input.dim() > 1 and input.shape[0] % len(self._rows) == 0:
                apart = input.unflatten(0, (len(self._rows), -1))
                return self._dropout(func, apart, *args, **kwargs).flatten(0, 1)
            return func(input, *args, **kwargs)
        with torch.no_grad():
            scale = func(self._whole(input.detach(), fill=1.0), *args, **kwargs)
            scale = scale.index_select(0, self._rows)
        return input * scale

    def _attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        **kwargs: Any,
    ) -> Tensor:
        attend = F.scaled_dot_product_attention
        if dropout_p == 0.0:
            return attend(query, key, value, attn_mask, dropout_p, is_causal, **kwargs)
        # The fused kernels draw inside: the only exact way is to run them on the whole batch.
        query, key, value = (self._spread(x) for x in (query, key, value))
        if attn_mask is not None and self._is_batched(attn_mask):
            attn_mask = self._spread(attn_mask)
        whole = attend(query, key, value, attn_mask, dropout_p, is_causal, **kwargs)
        return whole.index_select(0, self._rows)

    def _is_batched(self, tensor: Tensor) -> bool:
        return tensor.dim() > 1 and tensor.shape[0] == len(self._rows)

    def _whole(self, tensor: Tensor, fill: float) -> Tensor:
        """A tensor for the whole batch in `tensor`'s memory layout, the order masks fill in."""
        strides = tensor.stride()
        order = sorted(range(tensor.dim()), key=lambda d: -strides[d])
        shape = [self._batch_size, *tensor.shape[1:]]
        whole = torch.full(
            [shape[d] for d in order], fill, dtype=tensor.dtype, device=tensor.device
        )
        return whole.permute([order.index(d) for d in range(tensor.dim())])

    def _spread(self, tensor: Tensor) -> Tensor:
        """`tensor`'s rows at their places in the whole batch; all else is visible to attention."""
        fill = float(tensor.dtype == torch.bool)
        return self._whole(tensor, fill).index_copy(0, self._rows, tensor)
