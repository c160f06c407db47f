"""Noise stability optimization (Zhang, Li, Ju, TMLR 2024)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from .. import functional
from .._checks import check_at_least, check_count
from .._model.exchange import exchanged
from .._random import isolated_rng
from .._step.regularizer import Host, Regularizer, Transform
from .._step.sent_back import sent_back
from .._step.step import Step


@dataclass(frozen=True)
class NSO(Regularizer):
    """Train with the mean gradient at two random points, on opposite sides of the weights.

    With w all trainable weights as one vector and z ~ N(0, std^2) an entry, drawn anew each step:

        w <- w - optimizer's step along  (d objective(w + z) / dw + d objective(w - z) / dw) / 2

    The mean objective is objective(w) + z^T H z / 2 to leading order, with H its Hessian: in
    expectation a penalty on the trace of H, std^2 / 2 of it. The slope at w, which makes noise at
    one point alone so variable, cancels.

    Both gradients are of the same micro-batch, with the same dropout masks and the same draws of
    the methods inside; z is the same in all micro-batches and processes of a step. The weights are
    w again, bit for bit, before anything else sees them. The value that is returned and logged is
    the mean objective at the points.

    Args:
        std: Standard deviation of the noise, the same for all weights, biases and normalisations
            too. Default: that of the public code's README. 0 is plain training.
        draws: How many z, of two points each, the mean is over: k in the paper, whose default is 1.

    Cost: two forward and backward passes per draw, and two copies of the trainable weights, one for
    z and one for a point.

    Composes with every method: those before it in the list are part of the objective at all points;
    those after it see the weights as they are, and run a clean pass of their own if they ask for
    one. Weights of 16 bits do not resolve z: keep them in float32, and use autocast.

    Differs from the public code: that is an optimizer which needs two calls per step. It can mix in
    the gradient at w itself, with a weight whose default is 0; that is not offered here. Dropout
    masks differ between its passes.

    Reference: Zhang, Li, Ju: Noise Stability Optimization for Finding Flat Minima: A Hessian-based
    Regularization Approach, TMLR 2024, arXiv 2306.08553.
    """

    std: float = 0.01
    draws: int = 1

    def __post_init__(self) -> None:
        check_at_least("std", self.std, 0)
        check_count("draws", self.draws, 1)

    def passes(self, depth: int) -> float:
        """A forward and backward pass at every point."""
        return 2 * self.draws

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """The mean objective at points on either side of the weights."""
        yield lambda inner: partial(self._objective, inner, host.model)

    def _objective(self, inner: Callable[[Step], Tensor], model: nn.Module, step: Step) -> Tensor:
        if self.std == 0:
            return inner(step)
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        weights = [parameter.data for parameter in parameters]
        share = 1 / (2 * self.draws)
        losses: list[Tensor] = []
        for number in range(self.draws):
            noise = _noise(weights, step.parameter_generator(f"noise {number}"))
            for length in (self.std, -self.std):
                last = len(losses) + 1 == 2 * self.draws
                masks = nullcontext() if last else isolated_rng(step.device)
                with masks, exchanged(parameters, functional.displaced(weights, noise, length)):
                    loss = share * inner(step.repeated(redraw=False).scaled(share))
                    step.send_back(loss)
                losses.append(loss.detach())
        return sent_back(torch.stack(losses).sum(), step, parameters)


def _noise(weights: list[Tensor], generator: torch.Generator) -> list[Tensor]:
    """Standard Gaussian draws in the shapes of the weights, on their devices."""
    return [
        torch.randn(
            weight.shape,
            generator=generator,
            device=generator.device,
            dtype=torch.promote_types(weight.dtype, torch.float32),
        ).to(weight.device)
        for weight in weights
    ]
