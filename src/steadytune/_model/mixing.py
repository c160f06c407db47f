"""Layers that run with weights mixed with those they started from.

Names, identity and order of parameters stay as they are: only the `forward` of single layers is
replaced, on the instance, and put back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from .. import functional
from .start_weights import StartWeights

Axis = Literal["weight", "input"]


class MixedLayer:
    """A linear layer's `forward` while it is mixed: as it was, unless a mask is in force.

    Args:
        module: An `nn.Linear`, or GPT-2's `Conv1D`.
        name: Name of its weight.
        starts: The starting weights, that one among them.
        transposed: Whether the weight is (in, out), as `Conv1D` has it.
    """

    def __init__(
        self, module: nn.Module, name: str, starts: StartWeights, *, transposed: bool
    ) -> None:
        self.name = name
        self.mask: Tensor | None = None
        self._module: Any = module
        self._starts = starts
        self._start = starts.pair(name)[1]
        self._transposed = transposed

    def mask_shape(self, axis: Axis) -> tuple[int, int]:
        """Of a mask for each weight, or for each input of the layer."""
        rows, columns = self._module.weight.shape
        if axis == "weight":
            return rows, columns
        return (rows, 1) if self._transposed else (1, columns)

    def use(self, mask: Tensor | None) -> None:
        """Run with this mask from now on, or with None as ever."""
        if mask is not None:
            weight, self._start = self._starts.pair(self.name)
            mask = mask.to(weight.device)
        self.mask = mask

    def __call__(self, hidden: Tensor) -> Tensor:
        """The layer's output."""
        if self.mask is None or not self._module.training:
            output: Tensor = type(self._module).forward(self._module, hidden)
            return output
        weight = functional.mixed_weight(self._module.weight, self._start, self.mask)
        return F.linear(hidden, weight.T if self._transposed else weight, self._module.bias)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies of the model, by `copy` or `pickle`, run as it does without this."""
        return _plain_forward, (self._module,)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Take the place of the layer's `forward`."""
        with _replaced_forward(self._module, self):
            yield


class MixedAdapter:
    """A low-rank adapter whose product B A is mixed with the product it started as.

    The adapter computes B (A x). Here A passes x on, and B applies the mixed product to it.

    Args:
        down: The layer with A.
        up: The layer with B.
        name: Name of the parameter B.
    """

    def __init__(self, down: nn.Module, up: nn.Module, name: str) -> None:
        self.name = name
        self.mask: Tensor | None = None
        self._down: Any = down
        self._up: Any = up
        product = self._product().detach()
        # Adapters start at zero as a rule: no matrix need be kept for that.
        self._start = product if product.any() else product.new_zeros(1, 1)

    def mask_shape(self, axis: Axis) -> tuple[int, int]:
        """Of a mask for each entry of the product, or for each input of the layer."""
        columns = self._down.weight.shape[1]
        return (1 if axis == "input" else self._up.weight.shape[0]), columns

    def use(self, mask: Tensor | None) -> None:
        """Run with this mask from now on, or with None as ever."""
        if mask is not None:
            weight = self._up.weight
            mask = mask.to(weight.device)
            self._start = self._start.to(weight.device, weight.dtype)
        self.mask = mask

    def __call__(self, hidden: Tensor) -> Tensor:
        """The output of B, for what A has passed on."""
        up = self._up
        if self.mask is None or not up.training:
            output: Tensor = type(up).forward(up, hidden)
            return output
        weight = functional.mixed_weight(self._product(), self._start, self.mask)
        return F.linear(hidden, weight, up.bias)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies of the model, by `copy` or `pickle`, run as it does without this."""
        return _plain_forward, (self._up,)

    def _product(self) -> Tensor:
        product: Tensor = self._up.weight @ self._down.weight
        return product

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Take the place of the `forward` of both layers."""
        with _replaced_forward(self._up, self), _replaced_forward(self._down, _PassedOn(self)):
            yield


class _PassedOn:
    """The `forward` of A while the adapter is mixed."""

    def __init__(self, adapter: MixedAdapter) -> None:
        self._adapter = adapter

    def __call__(self, hidden: Tensor) -> Tensor:
        down = self._adapter._down
        if self._adapter.mask is None or not down.training:
            output: Tensor = type(down).forward(down, hidden)
            return output
        return hidden

    def __reduce__(self) -> tuple[Any, ...]:
        return _plain_forward, (self._adapter._down,)


@contextmanager
def _replaced_forward(module: nn.Module, forward: Callable[[Tensor], Tensor]) -> Iterator[None]:
    before = vars(module).get("forward")
    module.forward = forward
    try:
        yield
    finally:
        del module.forward
        if before is not None:
            module.forward = before


def _plain_forward(module: nn.Module) -> Any:
    return type(module).forward.__get__(module)
