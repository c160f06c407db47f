"""What a method does to what enters the blocks of a model."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from steadytune import Regularizer, Step, attach
from steadytune._model.sites import find_layers
from steadytune._random import isolated_rng


class Seen:
    """What enters each block, and what the block then works on, call by call."""

    def __init__(self, model: nn.Module, methods: list[Regularizer], inputs: Any) -> None:
        given: list[Tensor] = []
        taken: list[Tensor] = []
        cpu = torch.device("cpu")
        with isolated_rng(cpu, 0), attach(model, methods) as objective, ExitStack() as stack:
            for block in find_layers(model).modules:
                for keep, prepend in ((given, True), (taken, False)):
                    hook = block.register_forward_pre_hook(
                        partial(_keep, keep),
                        prepend=prepend,
                        with_kwargs=True,
                    )
                    stack.callback(hook.remove)
            self.loss = objective(Step(model, inputs))
            self.loss.backward()
            self.logs = objective.pop_logs()
        self.noises = [t - g for t, g in zip(taken, given, strict=True)]


def _keep(seen: list[Tensor], module: nn.Module, args: Any, kwargs: Any) -> None:
    """What trains: the first step also replays its blocks without gradient, to compare."""
    if torch.is_grad_enabled():
        seen.append((args[0] if args else next(iter(kwargs.values()))).detach())
