"""What a step draws: it depends on a seed, on the place in training and on what it is for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor

from .._random import derive_seed, generator, isolated_rng

Drawn = Literal["activations", "parameters"]


class Draws(ABC):
    """Random numbers by the name of what they are for, their `site`.

    Those for activations differ between methods, steps, micro-batches, processes and passes; those
    for weights between methods and steps alone.
    """

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where the numbers are drawn."""

    @abstractmethod
    def _key(self, of: Drawn) -> tuple[int | str, ...]:
        """What the numbers depend on beside their site."""

    def generator(self, site: str) -> torch.Generator:
        """A generator for activations, whose draws depend on this step, method and `site` alone."""
        return generator(self.device, *self._key("activations"), site)

    def parameter_generator(self, site: str) -> torch.Generator:
        """A generator for weights: it draws the same in every process and micro-batch of a step."""
        return generator(self.device, *self._key("parameters"), site)

    def normal_like(self, tensor: Tensor, site: str) -> Tensor:
        """Standard Gaussian draws of the shape and device of `tensor`, at least in float32."""
        dtype = torch.promote_types(tensor.dtype, torch.float32)
        return torch.randn(
            tensor.shape, generator=self.generator(site), device=tensor.device, dtype=dtype
        )

    def uniform_like(self, tensor: Tensor, site: str) -> Tensor:
        """Uniform draws from [0, 1) of the shape and device of `tensor`, at least in float32."""
        dtype = torch.promote_types(tensor.dtype, torch.float32)
        return torch.rand(
            tensor.shape, generator=self.generator(site), device=tensor.device, dtype=dtype
        )

    def seed(self, site: str) -> int:
        """A seed that depends on this step, method and `site` alone."""
        return derive_seed(*self._key("activations"), site)

    @contextmanager
    def isolated(self, site: str) -> Iterator[None]:
        """Run a block on a seed of its own; the global stream is afterwards as it was before."""
        with isolated_rng(self.device, self.seed(site)):
            yield
