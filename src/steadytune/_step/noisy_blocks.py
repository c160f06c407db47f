"""Noise on what enters the blocks of a model, which replays of the blocks repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .._exceptions import ConfigError, ModelError
from .._model.hooks import Hook
from .._model.rounds import Rounds
from .._model.sites import skips_layers
from .regularizer import Host
from .step import Step

Draw = Callable[[Step, Tensor, int], Tensor | None]


class NoisyBlocks:
    """Hooks that add noise to what enters each block; they do nothing unless a step is given.

    Args:
        host: The host of the method whose noise it is. Of two stacks each has noise of its own.
        name: What messages call that method.
        draw: `(step, hidden, number)` to the noise of the block with that number, from 0, in the
            shape of the hidden state that enters it; None for a block without noise.

    Raises:
        ModelError: If the model's blocks cannot be found.
    """

    def __init__(self, host: Host, name: str, draw: Draw) -> None:
        self._stacks = [_NoisyStack(each, name, draw) for each in host.by_stack()]

    @property
    def depth(self) -> int:
        """The number of blocks, L, of the shorter stack where there are two."""
        return min(each.depth for each in self._stacks)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put the hooks on; they are gone afterwards, whatever happens inside."""
        with ExitStack() as stack:
            for each in self._stacks:
                stack.enter_context(each.installed())
            yield

    @contextmanager
    def during(self, step: Step) -> Iterator[None]:
        """Noise of `step` in all passes inside the block.

        Raises:
            ModelError: If no block was called there, so that there was no noise.
        """
        with ExitStack() as stack:
            for number, each in enumerate(self._stacks):
                stack.enter_context(each.during(step.on_stack(number)))
            yield


class _NoisyStack:
    """The hooks on the blocks of one stack.

    One hook offers the noise as an argument of the block, before the call is recorded; another
    takes it and adds it, after the call is recorded. A recorded call that is repeated, also of some
    rows or in a recomputation, brings its noise along.
    """

    def __init__(self, host: Host, name: str, draw: Draw) -> None:
        self._layers = host.find_layers()
        self._name = name
        self._draw = draw
        # Each method of a list has an argument of its own.
        self._argument = f"_steadytune_noise_{host.index}"
        host.before_first_step.append(self._require_hooks_outside_checkpoints)
        self._rounds = Rounds(self._layers)
        self._step: Step | None = None
        self._calls = 0
        self._passes = 0
        self._trains = True  # whether gradients were on when the objective began
        self._trained = False  # whether any call had them since

    @property
    def depth(self) -> int:
        return self._layers.depth

    @contextmanager
    def installed(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self._rounds.installed())
            add = Hook(self._add)
            for number, module in enumerate(self._layers.modules):
                offer = Hook(partial(self._offer, number))
                first = module.register_forward_pre_hook(offer, prepend=True, with_kwargs=True)
                stack.callback(first.remove)
                last = module.register_forward_pre_hook(add, with_kwargs=True)
                stack.callback(last.remove)
            yield

    @contextmanager
    def during(self, step: Step) -> Iterator[None]:
        self._step, self._calls = step, 0
        self._trains, self._trained = torch.is_grad_enabled(), False
        try:
            yield
        finally:
            self._step = None
        if self._calls and self._trains and not self._trained:
            raise ModelError(
                "the loss runs the model without gradients, as losses that cache embeddings do, "
                f"and again without {self._name} in the backward pass; take a loss that does not "
                "cache, or a method that acts on weights, such as L2SP or EMA"
            )
        if not self._calls and not skips_layers(step.bare_model):
            raise ModelError(
                f"{type(step.bare_model).__name__} called none of the {self._layers.depth} modules "
                f"that were taken for its blocks, so that {self._name} does nothing; name the list "
                "of blocks with layers='...', and compile a model after attaching"
            )

    def _offer(
        self, number: int, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        if self._step is None or self._argument in kwargs or self._step._bound.beside:
            return None
        if len(self._layers.modules) != self._layers.depth:  # one module acts as several blocks
            number = self._calls % self._layers.depth
        self._calls += 1
        self._trained |= torch.is_grad_enabled()
        with torch.no_grad():
            noise = self._draw(self._in_round(self._step), _hidden(args, kwargs), number)
        return args, {**kwargs, self._argument: noise}  # also None: a repeated call draws none

    def _in_round(self, step: Step) -> Step:
        """The step as seen in the present run of the model: each has noise of its own."""
        if self._passes != step._bound.passes:
            self._passes = step._bound.passes
            self._rounds.begin_pass()
        self._rounds.opens()
        return step.on_round(self._rounds.number, self._rounds.inputs)

    def _add(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        if self._argument not in kwargs:
            return None
        rest = {name: value for name, value in kwargs.items() if name != self._argument}
        noise, hidden = kwargs[self._argument], _hidden(args, rest)
        if noise is None:
            return args, rest
        noisy = (hidden + noise).to(hidden.dtype)
        if args:
            return (noisy, *args[1:]), rest
        return args, {**rest, next(iter(rest)): noisy}

    def _require_hooks_outside_checkpoints(self) -> None:
        for module in self._layers.modules:
            checkpointed = getattr(module, "gradient_checkpointing", False)
            if checkpointed and type(module).__call__ is not nn.Module.__call__:
                raise ConfigError(
                    f"{self._name} does not work with activation checkpointing in this version of "
                    "transformers, which runs hooks again in the backward pass; upgrade it, or "
                    "turn checkpointing off"
                )


def _hidden(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The hidden state that enters a block, its first argument."""
    found = args[0] if args else next(iter(kwargs.values()))
    assert isinstance(found, Tensor)
    return found
