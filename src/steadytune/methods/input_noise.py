"""Noise in a hidden state as augmentation alone (Bishop, 1995)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from .._checks import check_at_least, check_choice, check_count
from .._exceptions import ConfigError
from .._step.noise import NOISES, Noise, draw_noise
from .._step.noisy_blocks import NoisyBlocks
from .._step.perturbation import warn_of_rounding
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step


@dataclass(frozen=True)
class InputNoise(Regularizer):
    """Train at a noisy hidden state, without a penalty: noise as augmentation.

    With h_b the hidden state that noise e enters, and f_b the rest of the model:

        loss = objective(f_b(h_b + e)),    e ~ N(0, std^2 I) by default

    It is the natural rival of LNSR: the same noise at the same place, but in the task's own pass,
    and without a penalty on how far hidden states move. To leading order it adds std^2 / 2 times
    the trace of the loss's second derivative in h_b. Only a part of that is the squared Jacobian
    that LNSR penalises; the rest depends on the labels, and may be negative. Pads and evaluation
    get no noise.

    Args:
        std: Standard deviation of the noise per coordinate. Default: LNSR's, to compare with it.
        layer: b, the hidden state that the noise enters, 0 <= b < L: 0 is what enters the first
            block, b the output of the b-th block. Default: LNSR's.
        noise: `gaussian`, `uniform` of the same standard deviation, `interpolation`, `subspace`,
            `covariance` or `in-manifold`, as in LNSR.
        relative: Whether `std` is relative to the root mean square of the token it is added to.
        rank: Dimension of the principal subspace, for noise `subspace`.

    Cost: one forward and backward pass per step, and a clean pass more if a method after it in the
    list asks for one.

    Composes with every method. `[InputNoise(), LNSR()]` puts noise on the task's pass alone: the
    penalty runs a clean pass of its own. In `[LNSR(), InputNoise()]` both share the noisy pass, and
    the penalty measures the stability of the noisy network.

    Differs from public code: there is none of this form. NEFTune's noise is in the word embeddings,
    and HyPe's in every block, without dropout.

    Reference: Bishop: Training with Noise is Equivalent to Tikhonov Regularization, Neural
    Computation 7(1), 1995.
    """

    std: float = 0.05
    layer: int = 0
    noise: Noise = "gaussian"
    relative: bool = False
    rank: int = 32

    def __post_init__(self) -> None:
        check_at_least("std", self.std, 0)
        check_count("layer", self.layer, 0)
        check_choice("noise", self.noise, NOISES)
        check_count("rank", self.rank, 1)

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """The objective at the noisy hidden state.

        Raises:
            ConfigError: If the layer is out of the model's range.
            ModelError: If the model's blocks cannot be found.
        """
        noisy = NoisyBlocks(host, type(self).__name__, partial(self._draw, set()))
        if self.layer >= noisy.depth:
            raise ConfigError(
                f"layer={self.layer} is out of range; this model has {noisy.depth} layers, "
                f"expected 0 to {noisy.depth - 1}"
            )
        with noisy.installed():
            yield lambda inner: partial(self._objective, inner, noisy)

    def _objective(self, inner: Callable[[Step], Tensor], noisy: NoisyBlocks, step: Step) -> Tensor:
        if self.std == 0:
            return inner(step)
        with noisy.during(step):
            return inner(step.repeated(redraw=False))

    def _draw(self, warned: set[str], step: Step, hidden: Tensor, number: int) -> Tensor | None:
        """Noise for the input of the block above `layer`, zero at pads; none for the others."""
        if number != self.layer:
            return None
        if hidden.element_size() == 2 or torch.is_autocast_enabled(hidden.device.type):
            warn_of_rounding(self.std, warned)
        return draw_noise(
            step,
            hidden,
            step.block_mask(hidden),
            noise=self.noise,
            std=self.std,
            relative=self.relative,
            rank=self.rank,
        )
