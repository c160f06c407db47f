"""Products with the Jacobian of the upper part of a model, example by example.

Examples of a batch do not see each other in evaluation mode, so that one product with the Jacobian
of the whole batch gives every example's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from .._exceptions import ModelError
from ._answers import prediction
from ._injection import injected
from ._observer import Observation, Observer

LOGITS = "logits"

Target = int | str


@dataclass(frozen=True)
class Linearized:
    """A function of one hidden state, linearised at it.

    Args:
        point: The hidden state, (batch, tokens, width).
        values: What the function gives there, (batch, outputs), zero where nothing counts.
        inside: (batch, tokens, 1), 1 at the coordinates that may move.
        outside: (batch, outputs), 1 at the outputs that count.
    """

    point: Tensor
    values: Tensor
    inside: Tensor
    outside: Tensor

    @property
    def coordinates(self) -> Tensor:
        """Number of coordinates of an example that may move, (batch,)."""
        return self.inside[..., 0].sum(-1) * self.point.shape[-1]

    def transposed(self, vectors: Tensor) -> Tensor:
        """J' v for each example: (batch, outputs) -> (batch, tokens, width)."""
        (found,) = torch.autograd.grad(self.values, self.point, vectors, retain_graph=True)
        return found * self.inside

    def forward_product(self) -> Callable[[Tensor], Tensor]:
        """J u for each example, (batch, tokens, width) -> (batch, outputs).

        J' v is linear in v, and the transpose of its derivative by v is J.
        """
        dummy = torch.ones_like(self.values, requires_grad=True)
        (pulled,) = torch.autograd.grad(
            self.values, self.point, dummy, create_graph=True, retain_graph=True
        )

        def product(vectors: Tensor) -> Tensor:
            moved = vectors * self.inside
            (found,) = torch.autograd.grad(pulled, dummy, moved, retain_graph=True)
            return found * self.outside

        return product


def linearized(observer: Observer, seen: Observation, source: int, target: Target) -> Linearized:
    """The map from hidden state `source` to hidden state or logits `target`, at an observed batch.

    Only the blocks between the two are run and differentiated; for the logits the model runs once
    more as a whole.
    """
    point = seen.trace.hidden[source].detach().clone().requires_grad_()
    inside = seen.mask[..., None].to(point.dtype)
    with torch.enable_grad():
        if isinstance(target, int):
            state = seen.trace.replay(source, point, top=target)[-1]
            outside = inside.expand_as(state).flatten(1)
            values = state.flatten(1)
        else:
            values, outside = _logits(observer, seen, source, point)
        return Linearized(point, values * outside, inside, outside)


def _logits(
    observer: Observer, seen: Observation, source: int, point: Tensor
) -> tuple[Tensor, Tensor]:
    with injected(observer.layers, source, point):
        outputs: Any = observer.model(**seen.inputs)
    found = prediction(observer, seen, outputs)
    parts = found.logits
    if found.mask is None:
        return parts[0], torch.ones_like(parts[0])
    real = found.mask.to(parts[0].dtype)
    masks = [real if part.dim() == 2 else real[..., None].expand_as(part) for part in parts]
    # A span's pads have logits of minus infinity, whose product with zero is NaN.
    shown = [part.masked_fill(mask == 0, 0.0) for part, mask in zip(parts, masks, strict=True)]
    joined = torch.cat([part.flatten(1) for part in shown], 1)
    return joined, torch.cat([mask.flatten(1) for mask in masks], 1)


@contextmanager
def twice_differentiable(model: nn.Module) -> Iterator[None]:
    """Run attention in a form that has second derivatives, and no gradient reaches the weights.

    The fused kernels have first derivatives only; which form is used, and which weights take
    gradients, is afterwards as before.

    Raises:
        ModelError: If the model attends with a kernel that has no replacement here.
    """
    kind = getattr(getattr(model, "config", None), "_attn_implementation", None)
    if kind not in (None, "eager", "sdpa"):
        raise ModelError(
            f"{type(model).__name__} attends with {kind}, which has no second derivative; "
            "load it with attn_implementation='eager'"
        )
    with ExitStack() as stack:
        for parameter in model.parameters():
            stack.callback(parameter.requires_grad_, parameter.requires_grad)
            parameter.requires_grad_(False)
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        yield
