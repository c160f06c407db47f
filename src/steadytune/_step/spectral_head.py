"""A head whose last layer keeps the spectral norm 1 while a model is trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .. import functional
from .._exceptions import ConfigError
from .._model.head import new_parameters
from .regularizer import Host


@contextmanager
def spectrally_normalised_head(host: Host, pattern: str | None) -> Iterator[None]:
    """Divide the last layer's weight by its spectral norm, now and after every optimizer step.

    A layer that divides by the norm in its forward pass computes the same whatever the length of
    its weight, which matters for the size of its steps alone. Here the length is kept at 1, so
    that the forward pass need not divide: the model that is saved is the one that is trained. Its
    gradient is that of the layer that divides, at the length 1.

    Args:
        host: The model.
        pattern: A regular expression for the names of the head's parameters; by default those
            outside of the pretrained part.

    Raises:
        ConfigError: If the head has no linear layer that is trained.
    """
    name = _last_layer(host.model, pattern)
    _normalise(host.model.get_parameter(name))

    def after_step(optimizer: Optimizer) -> None:
        _normalise(host.model.get_parameter(name))

    weight = host.model.get_parameter(name)
    handle = weight.register_hook(
        lambda gradient: functional.normalised_weight_gradient(gradient, weight.detach())
    )
    host.after_optimizer_step.append(after_step)
    try:
        yield
    finally:
        handle.remove()


def _last_layer(model: nn.Module, pattern: str | None) -> str:
    """Name of the weight of the head's last linear layer."""
    head = new_parameters(model, pattern)
    found = [
        name
        for name, value in model.named_parameters()
        if name in head and value.requires_grad and value.dim() == 2
    ]
    if not found:
        raise ConfigError(
            f"{type(model).__name__} has no new linear layer whose weight could be normalised; "
            "name the head's parameters with head='...'"
        )
    return found[-1]


@torch.no_grad()
def _normalise(weight: Tensor) -> None:
    norm, *_ = functional.largest_singular_value(weight)
    if norm > 0:
        weight.div_(norm)
