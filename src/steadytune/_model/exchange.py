"""Running a model with other weights for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def exchanged(parameters: Sequence[nn.Parameter], values: Sequence[Tensor]) -> Iterator[None]:
    """Run a block with `values` in place of the parameters' data.

    The data are exchanged, and nothing is written to: the parameters' own come back bit for bit,
    however the block ends.
    """
    before = [parameter.data for parameter in parameters]
    try:
        _put(parameters, values)
        yield
    finally:
        _put(parameters, before)


def _put(parameters: Sequence[nn.Parameter], values: Sequence[Tensor]) -> None:
    for parameter, value in zip(parameters, values, strict=True):
        parameter.data = value
    # Autocast remembers what it has cast by the parameter, and would go on with the other weights.
    torch.clear_autocast_cache()


@contextmanager
def separate_gradients(parameters: Sequence[nn.Parameter]) -> Iterator[None]:
    """Let a block accumulate gradients from nothing; those from before are there again afterwards.

    Inside, and until it ends, the parameters' `grad` are what the block itself has sent back.
    Gradients that are views, as DistributedDataParallel's may be of its buckets, are copied: the
    block is sent back through the same memory.
    """
    before = [parameter.grad for parameter in parameters]
    copies = {
        index: gradient.clone()
        for index, gradient in enumerate(before)
        if gradient is not None and gradient._is_view()
    }
    for parameter in parameters:
        parameter.grad = None
    try:
        yield
    finally:
        for index, (parameter, gradient) in enumerate(zip(parameters, before, strict=True)):
            if gradient is not None and index in copies:
                gradient.copy_(copies[index])
            parameter.grad = gradient
