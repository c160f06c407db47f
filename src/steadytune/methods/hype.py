"""HyPe: hidden representation perturbation (Yuan et al., ACL 2023)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from .._checks import check_at_least, check_choice
from .._exceptions import ConfigError, ModelError
from .._model.hooks import Hook
from .._model.sites import Layers, skips_layers
from .._model.without_dropout import without_dropout
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step

Distribution = Literal["gaussian", "uniform"]
Switch = Literal["off", "on"]

# The keyword argument that carries a block's noise. As an argument it is recorded with the call of
# the block, so that a replay of the block, also of some rows or in a recomputation, repeats it.
_NOISE = "_steadytune_noise"


@dataclass(frozen=True)
class HyPe(Regularizer):
    """Train with small noise on the input of every block, and without dropout.

    With h_b the hidden state that enters block b + 1, and f_b+1 that block:

        h_b+1 = f_b+1(h_b + e_b),    e_b ~ N(0, scale^2)  or  U(-scale, scale),    b = 0 .. L-1

    Pads get no noise, and evaluation none either. There is no further term in the loss. The noise
    is on all passes of what stands before HyPe in the list of methods, the same in all of them, as
    if it were part of the network. In `[HyPe(), LNSR()]` that is the task's pass alone: the penalty
    runs a clean pass of its own. In `[LNSR(), HyPe()]` they share the noisy pass, and the penalty
    measures the stability of the noisy network.

    Args:
        scale: The noise's standard deviation, or half the width of its range. The paper searches
            1e-5 and 1e-4, and finds 1e-3 and 1e-2 similar; default: its smallest. Hidden states of
            16 bits do not resolve so little: give 1e-2 there.
        noise: `gaussian` (HyPe-N) or `uniform` (HyPe-U).
        dropout: `off`, the paper's choice and the default, sets every dropout rate to 0 for as long
            as the method is attached, in all passes, also in those of other methods, and at steps
            at which a wrapper skips the noise; `on` leaves dropout alone.

    Cost: one forward and backward pass a step. With a method after it in the list that asks for a
    clean pass, that pass more.

    Composes with every method, as said above. Methods that live on dropout, such as R-Drop, need
    `dropout="on"`.

    Differs from the public code: that draws its uniform noise from U(0, scale), whose mean is not
    0; perturbs pads; and runs in float32 on CUDA alone, in copies of four model families.

    Reference: Yuan, Yuan, Tan, Huang, Huang: HyPe: Better Pre-trained Language Model Fine-tuning
    with Hidden Representation Perturbation, ACL 2023, arXiv 2212.08853.
    """

    scale: float = 1e-5
    noise: Distribution = "gaussian"
    dropout: Switch = "off"

    def __post_init__(self) -> None:
        check_at_least("scale", self.scale, 0)
        check_choice("noise", self.noise, ("gaussian", "uniform"))
        check_choice("dropout", self.dropout, ("off", "on"))

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """The objective with noise in the blocks.

        Raises:
            ConfigError: If checkpointing would run the hooks of a block a second time.
            ModelError: If the model's blocks cannot be found.
        """
        layers = host.find_layers()
        host.before_first_step.append(partial(_require_hooks_outside_checkpoints, layers))
        noisy = _NoisyBlocks(layers, self._draw)
        with ExitStack() as stack:
            if self.dropout == "off":
                stack.enter_context(without_dropout(host.model))
            if self.scale > 0:
                stack.enter_context(noisy.installed())
            yield lambda inner: partial(self._objective, inner, noisy)

    def _objective(
        self, inner: Callable[[Step], Tensor], noisy: _NoisyBlocks, step: Step
    ) -> Tensor:
        if self.scale == 0:
            return inner(step)
        with noisy.during(step):
            return inner(step.repeated(redraw=False))

    def _draw(self, step: Step, hidden: Tensor, number: int) -> Tensor:
        """Noise for the input of a block, zero at pads."""
        site = f"block {number}"
        if self.noise == "gaussian":
            noise = self.scale * step.normal_like(hidden, site)
        else:
            noise = self.scale * (2 * step.uniform_like(hidden, site) - 1)
        return noise.masked_fill(~step.block_mask(hidden).bool()[..., None], 0.0)


class _NoisyBlocks:
    """Hooks that add noise to what enters each block; they do nothing unless a step is given.

    One hook offers the noise as an argument of the block, before the call is recorded; another
    takes it and adds it, after the call is recorded. A recorded call that is repeated brings its
    noise along.
    """

    def __init__(self, layers: Layers, draw: Callable[[Step, Tensor, int], Tensor]) -> None:
        self._layers = layers
        self._draw = draw
        self._step: Step | None = None
        self._calls = 0

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put the hooks on; they are gone afterwards, whatever happens inside."""
        with ExitStack() as stack:
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
        """Noise of `step` in all passes inside the block.

        Raises:
            ModelError: If no block was called there, so that there was no noise.
        """
        self._step, self._calls = step, 0
        try:
            yield
        finally:
            self._step = None
        if not self._calls and not skips_layers(step.bare_model):
            raise ModelError(
                f"{type(step.bare_model).__name__} called none of the {self._layers.depth} modules "
                "that were taken for its blocks, so that HyPe does nothing; name the list of "
                "blocks with layers='...', and compile a model after attaching"
            )

    def _offer(
        self, number: int, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        if self._step is None or _NOISE in kwargs:
            return None
        if len(self._layers.modules) != self._layers.depth:  # one module acts as several blocks
            number = self._calls % self._layers.depth
        self._calls += 1
        with torch.no_grad():
            noise = self._draw(self._step, _hidden(args, kwargs), number)
        return args, {**kwargs, _NOISE: noise}

    def _add(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        if _NOISE not in kwargs:
            return None
        rest = {name: value for name, value in kwargs.items() if name != _NOISE}
        hidden = _hidden(args, rest)
        noisy = (hidden + kwargs[_NOISE]).to(hidden.dtype)
        if args:
            return (noisy, *args[1:]), rest
        return args, {**rest, next(iter(rest)): noisy}


def _hidden(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The hidden state that enters a block, its first argument."""
    found = args[0] if args else next(iter(kwargs.values()))
    assert isinstance(found, Tensor)
    return found


def _require_hooks_outside_checkpoints(layers: Layers) -> None:
    for module in layers.modules:
        checkpointed = getattr(module, "gradient_checkpointing", False)
        if checkpointed and type(module).__call__ is not nn.Module.__call__:
            raise ConfigError(
                "HyPe does not work with activation checkpointing in this version of transformers, "
                "which runs hooks again in the backward pass; upgrade it, or turn checkpointing off"
            )
