"""A momentum teacher: the exponential moving average of a model's weights, run without gradient."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from .._exact import exact, exact_dtype
from .._model.exchange import exchanged
from .regularizer import Host


class MomentumTeacher:
    """teacher <- momentum * teacher + (1 - momentum) * model, after every optimizer step.

    It starts from the model's weights when it is first asked, holds those that are trained, in
    float32 at least, and is saved and restored with the checkpoint. The rest it shares with the
    model.

    Args:
        host: The model to follow.
        momentum: Share of the teacher that a step keeps, 0 <= momentum <= 1.
    """

    def __init__(self, host: Host, momentum: float) -> None:
        self._host = host
        self.momentum = momentum
        self._weights = {
            name: exact(value.detach()).clone()
            for name, value in host.model.named_parameters()
            if value.requires_grad
        }
        self._started = torch.zeros((), dtype=torch.bool)
        host.keep("teacher", self._weights)
        host.keep("teacher_is", {"started": self._started})
        host.after_optimizer_step.append(self._follow)

    @contextmanager
    def in_place_of_model(self) -> Iterator[None]:
        """Run a block with the teacher's weights in the model, without gradient.

        The model's own weights are put back bit for bit, and graphs made before stay valid.
        """
        parameters = self._parameters()
        if not self._started:
            self._start([parameter.data for parameter in parameters])
        teacher = zip(self._on_device(parameters), parameters, strict=True)
        values = [value.to(parameter.dtype) for value, parameter in teacher]
        with torch.no_grad(), exchanged(parameters, values):
            yield

    def _start(self, weights: list[Tensor]) -> None:
        for value, weight in zip(self._weights.values(), weights, strict=True):
            value.copy_(weight)
        self._started.fill_(True)

    @torch.no_grad()
    def _follow(self, optimizer: Any) -> None:
        if not self._started:
            return
        parameters = self._parameters()
        teacher = self._on_device(parameters)
        student = [exact(parameter.detach()) for parameter in parameters]
        torch._foreach_lerp_(teacher, student, 1 - self.momentum)

    def _parameters(self) -> list[torch.nn.Parameter]:
        found = dict(self._host.model.named_parameters())
        return [found[name] for name in self._weights]

    def _on_device(self, parameters: list[torch.nn.Parameter]) -> list[Tensor]:
        """The teacher's weights, moved and cast as the model's are if those have been."""
        wanted = [(parameter.device, exact_dtype(parameter)) for parameter in parameters]
        self._weights = self._host.keep_at("teacher", self._weights, wanted)
        return list(self._weights.values())
