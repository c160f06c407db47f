"""Sharpness-Aware Minimization (Foret et al., ICLR 2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from .. import functional
from .._checks import check_at_least
from .._model.exchange import exchanged, separate_gradients
from .._random import isolated_rng
from .._step.regularizer import Host, Regularizer, Transform
from .._step.sent_back import sent_back
from .._step.step import Step


@dataclass(frozen=True)
class SAM(Regularizer):
    """Train with the gradient at the sharpest point near the weights, instead of at the weights.

    With w all trainable weights and g the gradient of the objective at w, as one vector:

        w <- w - optimizer's step along  d objective(w + e) / dw,      e = radius * g / ||g||

    Both gradients are of the same micro-batch, with the same dropout masks and the same draws of
    the methods inside. The weights are w again, bit for bit, before anything else sees them. The
    value that is returned and logged is the objective at w + e.

    With `adaptive` each weight is a unit of its own, so that the step does not depend on the scale
    of the weights (ASAM):

        e = radius * w^2 g / || |w| g ||,    coordinate by coordinate

    Args:
        radius: rho, the length of e over all weights together. Default: that of davda54/sam, the
            public PyTorch implementation. 0 is plain training. Adaptive steps need a larger one:
            that implementation suggests about 2.
        adaptive: Whether the step is ASAM's.

    Cost: two forward and backward passes per step, and two copies of the trainable weights, one for
    g and one for w + e.

    Composes with every method: those before it in the list are part of the objective at both
    points; those after it see the weights as they are, and run a clean pass of their own if they
    ask for one. Each micro-batch climbs along its own gradient, so that accumulating four batches
    is not the same as one that is four times as large. In several processes the gradient climbed is
    the one that DistributedDataParallel averages; in micro-batches that it does not, under
    `no_sync`, it is each process's own. Weights of 16 bits do not resolve e: keep them in float32,
    and use autocast.

    Differs from the public code: that is an optimizer which needs a closure or two calls per step,
    and care with accumulation. Here any optimizer does, and clipping sees the gradient at w + e
    alone. The weights are put back, not subtracted back. Loss scaling does not apply to g. Adaptive
    steps are that code's: every weight, also of biases and normalisations, is its own unit.

    Reference: Foret, Kleiner, Mobahi, Neyshabur: Sharpness-Aware Minimization for Efficiently
    Improving Generalization, ICLR 2021, arXiv 2010.01412; Bahri, Mobahi, Tay: Sharpness-Aware
    Minimization Improves Language Model Generalization, ACL 2022, arXiv 2110.08529; Kwon, Kim,
    Park, Choi: ASAM: Adaptive Sharpness-Aware Minimization, ICML 2021, arXiv 2102.11600.
    """

    radius: float = 0.05
    adaptive: bool = False

    def __post_init__(self) -> None:
        check_at_least("radius", self.radius, 0)

    def passes(self, depth: int) -> float:
        """A second forward and backward pass is made."""
        return 2

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """The objective at the sharpest point nearby."""
        yield lambda inner: partial(self._objective, inner, host.model)

    def _objective(self, inner: Callable[[Step], Tensor], model: nn.Module, step: Step) -> Tensor:
        if self.radius == 0:
            return inner(step)
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        with isolated_rng(step.device):
            climbed = self._climbed(inner, parameters, step)
        with exchanged(*climbed):
            loss = inner(step.repeated(redraw=False))
            step.send_back(loss)
        return sent_back(loss, step, parameters)

    def _climbed(
        self, inner: Callable[[Step], Tensor], parameters: list[nn.Parameter], step: Step
    ) -> tuple[list[nn.Parameter], list[Tensor]]:
        """The parameters that have a gradient, and their values at w + e."""
        view = step.repeated(redraw=False).aside()
        with separate_gradients(parameters):
            view.send_back(inner(view))
            found = [(p, p.grad) for p in parameters]
            moving = [(p, g.to_dense() if g.is_sparse else g) for p, g in found if g is not None]
            weights = [p for p, _ in moving] if self.adaptive else None
            ascent = functional.ascent_in_weights([g for _, g in moving], self.radius, weights)
        with torch.no_grad():
            values = [p + e for (p, _), e in zip(moving, ascent, strict=True)]
        return [p for p, _ in moving], values
