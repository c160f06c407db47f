"""LNSR written from its formula: whole forward passes and hooks, and nothing of the product."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


def penalty(model: Any, inputs: dict[str, Tensor], noise: Tensor, layer: int) -> Tensor:
    """Mean over the layers above of E_i mean over real tokens of ||h_r(h_b + e) - h_r(h_b)||^2 / d.

    Both passes begin with the same random state, so that they have the same dropout masks.

    Args:
        model: A classifier with hidden states, in training mode.
        inputs: Its batch.
        noise: What is added to the hidden state `layer`, (batch, tokens, width), 0 at pads.
        layer: Number b of that hidden state.
    """
    blocks = _blocks(model, inputs)
    state, masks = torch.get_rng_state(), _accelerator_masks()
    still = _states(model, inputs, blocks, layer, torch.zeros_like(noise))
    torch.set_rng_state(state)
    if masks:
        torch.cuda.set_rng_state_all(masks)
    moved = _states(model, inputs, blocks, layer, noise)
    real = inputs["attention_mask"]
    total = noise.new_zeros(())
    for one, other in zip(moved[layer:], still[layer:], strict=True):
        each = ((one - other) ** 2).sum(-1) / one.shape[-1]
        total = total + ((each * real).sum(1) / real.sum(1)).mean()
    return total / len(still[layer:])


def _accelerator_masks() -> list[Tensor]:
    return torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


def _states(
    model: Any, inputs: dict[str, Tensor], blocks: list[nn.Module], layer: int, noise: Tensor
) -> list[Tensor]:
    """The output of every block of one pass, with noise on the input of the block above `layer`."""
    states: list[Tensor] = []
    with _hooked(blocks, states, layer, noise):
        model(**inputs)
    return states


@contextmanager
def _hooked(
    blocks: list[nn.Module], states: list[Tensor], layer: int, noise: Tensor
) -> Iterator[None]:
    def before(module: nn.Module, args: Any, kwargs: Any) -> Any:
        if len(states) != layer:
            return None
        if args:
            return (args[0] + noise, *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": kwargs["hidden_states"] + noise}

    def after(module: nn.Module, args: Any, output: Any) -> None:
        states.append(output[0] if isinstance(output, tuple | list) else output)

    handles = []
    for block in dict.fromkeys(blocks):
        handles.append(block.register_forward_pre_hook(before, with_kwargs=True))
        handles.append(block.register_forward_hook(after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _blocks(model: Any, inputs: dict[str, Tensor]) -> list[nn.Module]:
    """The modules that make the hidden states, by what the model itself says these are.

    Each is the largest module that gives out what the model reports as one of its hidden states,
    the last of which it may report after a normalisation.
    """
    given: list[tuple[nn.Module, Tensor]] = []

    def keep(module: nn.Module, args: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple | list) and output else output
        if isinstance(first, Tensor) and first.dim() == 3:
            given.append((module, first.detach().clone()))

    handles = [module.register_forward_hook(keep) for module in model.modules()]
    state, masks = torch.get_rng_state(), _accelerator_masks()
    with torch.no_grad():
        reported = model(**inputs, output_hidden_states=True).hidden_states
    torch.set_rng_state(state)
    if masks:
        torch.cuda.set_rng_state_all(masks)
    for handle in handles:
        handle.remove()
    found = []
    for hidden in reported[1:-1]:
        makers = [m for m, out in given if out.shape == hidden.shape and torch.equal(out, hidden)]
        found.append(max(makers, key=lambda module: len(list(module.modules()))))
    lists = [m for m in model.modules() if isinstance(m, nn.ModuleList) and found[0] in list(m)]
    return list(lists[0]) if lists else found  # the last block too, or one module that is them all
