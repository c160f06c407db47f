"""The hidden states of every layer as plain arrays, for whatever compares or describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .._checks import check_choice
from ._observer import observing

Pool = Literal["tokens", "mean", "first"]


@dataclass(frozen=True)
class Representations:
    """What each layer makes of the same examples.

    Args:
        pool: What a row is: `tokens` (a real token), `mean` (an example's mean over its real
            tokens) or `first` (an example's first real token).
        layers: layers[r], (rows, width), of hidden state r from 0 to L.
    """

    pool: Pool
    layers: tuple[NDArray[np.float32], ...]


def representations(
    model: nn.Module,
    batches: Iterable[Mapping[str, Tensor]],
    *,
    pool: Pool = "tokens",
    layers: str | None = None,
) -> Representations:
    """Collect the hidden states of all layers, in evaluation mode and without gradients.

    Args:
        model: Any model whose layers can be found.
        batches: Keyword arguments of the model, with `attention_mask` where there are pads.
        pool: What becomes a row.
        layers: Dotted path to the model's list of blocks, where it cannot be found.

    Raises:
        ConfigError: If there is no batch, or no such pooling.
        ModelError: If the model's layers cannot be found.
    """
    check_choice("pool", pool, get_args(Pool))
    with observing(model, layers) as observer:
        parts = [
            [_rows(state, seen.mask, pool) for state in seen.trace.hidden]
            for seen in observer.observe(batches)
        ]
    return Representations(pool, tuple(_joined(column) for column in zip(*parts, strict=True)))


def _rows(state: Tensor, mask: Tensor, pool: Pool) -> Tensor:
    states = state.detach().float()
    if pool == "tokens":
        return states[mask]
    if pool == "mean":
        weights = mask[..., None].to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1).clamp(min=1)
    first = mask.int().argmax(1)
    return states[torch.arange(len(states), device=states.device), first]


def _joined(parts: Sequence[Tensor]) -> NDArray[np.float32]:
    return torch.cat(list(parts)).cpu().numpy()
