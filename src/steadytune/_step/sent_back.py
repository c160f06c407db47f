"""The value of an objective whose gradients have been sent back early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .._model.unwrapped import averages_gradients
from .step import Step


def sent_back(value: Tensor, step: Step, parameters: Sequence[nn.Parameter]) -> Tensor:
    """What a method returns when all gradients are there: sending it back adds none.

    Args:
        value: The objective's value, a scalar.
        step: The step that it is of.
        parameters: Those that the passes may have reached.
    """
    value = value.detach().requires_grad_()
    if not averages_gradients(step.model):
        return value
    reached = [parameter for parameter in parameters if parameter.grad is not None]
    connected: Tensor = _Reaching.apply(value, *reached)  # type: ignore[no-untyped-call]
    return connected


class _Reaching(torch.autograd.Function):
    """The value as it is, with a gradient of zero for parameters.

    DistributedDataParallel waits for every parameter's gradient after a pass. What a method outside
    adds from a pass of its own, such as a penalty on hidden states, need not reach all of them.
    """

    @staticmethod
    def forward(ctx: Any, value: Tensor, *parameters: Tensor) -> Tensor:
        ctx.parameters = parameters
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        return gradients[0], *(p.new_zeros(()).expand_as(p) for p in ctx.parameters)
