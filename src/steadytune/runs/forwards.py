"""How many forward passes a step of training makes, counted where the work is: at the blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .._exceptions import ModelError
from .._model.replay_check import is_checking
from .._model.sites import Layers, find_layers


class ForwardCount:
    """Counts what runs through a model's blocks during training steps.

    A pass of the whole batch through all blocks counts 1. A replay of some blocks counts as their
    share of the depth, and a pass of some rows as their share of the batch; so do a teacher's
    passes, and what activation checkpointing computes again. The embeddings and the head are left
    out, and so are backward passes.
    """

    def __init__(self, model: nn.Module) -> None:
        self._layers = _layers_of(model)
        self._rows_through_blocks = 0
        self._rows = 0
        self._is_counting = False

    @property
    def per_step(self) -> float | None:
        """Forward passes per step so far; None before the first, or without known blocks."""
        if self._layers is None or not self._rows:
            return None
        return self._rows_through_blocks / (self._layers.depth * self._rows)

    @property
    def counted(self) -> tuple[int, int]:
        """What a training that goes on from a checkpoint counts on from."""
        return self._rows_through_blocks, self._rows

    def count_on(self, rows_through_blocks: int, rows: int) -> None:
        """Go on from what `counted` gave."""
        self._rows_through_blocks, self._rows = rows_through_blocks, rows

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put hooks on the blocks for as long as the block of code lasts."""
        with ExitStack() as stack:
            on_block = torch.compiler.disable(self._on_block)  # a count is not part of the graph
            for module in self._layers.modules if self._layers else ():
                handle = module.register_forward_pre_hook(on_block, with_kwargs=True)
                stack.callback(handle.remove)
            yield

    @contextmanager
    def training_step(self, rows: int) -> Iterator[None]:
        """Count inside: one micro-batch of so many rows."""
        self._rows += rows
        self._is_counting = True
        try:
            yield
        finally:
            self._is_counting = False

    def _on_block(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._is_counting and not is_checking():
            hidden: Tensor = args[0] if args else next(iter(kwargs.values()))
            self._rows_through_blocks += hidden.shape[0]


def _layers_of(model: nn.Module) -> Layers | None:
    try:
        return find_layers(model)
    except ModelError:
        return None
