"""A whole forward pass in which one hidden state is replaced, for what lies above the blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from .._model.sites import Layers


@contextmanager
def injected(layers: Layers, layer: int, state: Tensor) -> Iterator[None]:
    """Give the block above hidden state `layer` another input; the hooks go with the block.

    Blocks are counted by their calls, since ALBERT calls one module many times. A module that joins
    that block's input to its output is given the same input. One forward pass belongs inside.

    Args:
        layers: The model's blocks.
        layer: Number b of the hidden state, 0 <= b < L.
        state: What takes its place, (batch, tokens, width).
    """
    calls = 0

    def replace(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        nonlocal calls
        calls += 1
        return instead(args, kwargs) if calls == layer + 1 else None

    def join(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return instead(args, kwargs)

    def instead(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if args:
            return (state, *args[1:]), kwargs
        name = next(iter(kwargs))
        return args, {**kwargs, name: state}

    with ExitStack() as stack:
        for module in layers.modules:
            stack.callback(module.register_forward_pre_hook(replace, with_kwargs=True).remove)
        if layer in layers.joins:
            hook = layers.joins[layer].register_forward_pre_hook(join, with_kwargs=True)
            stack.callback(hook.remove)
        yield
