"""HyPe: hidden representation perturbation (Yuan et al., ACL 2023)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

from torch import Tensor

from .._checks import check_at_least, check_choice
from .._model.without_dropout import without_dropout
from .._step.noisy_blocks import NoisyBlocks
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step

Distribution = Literal["gaussian", "uniform"]
Switch = Literal["off", "on"]


@dataclass(frozen=True)
class HyPe(Regularizer):
    """Train with small noise on the input of every block, and without dropout.

    With h_b the hidden state that enters block b + 1, and f_b+1 that block:

        h_b+1 = f_b+1(h_b + e_b),    e_b ~ N(0, scale^2)  or  U(-scale, scale),    b = 0 .. L-1

    Pads and evaluation get no noise. The loss has no further term. All passes of the methods before
    HyPe in the list get the noise, the same in all of them, as if it were part of the network. In
    `[HyPe(), LNSR()]` that is the task's pass alone: the penalty runs a clean pass of its own. In
    `[LNSR(), HyPe()]` they share the noisy pass, and the penalty measures the stability of the
    noisy network.

    Args:
        scale: The noise's standard deviation, or half the width of its range. The paper searches
            1e-5 and 1e-4, and finds 1e-3 and 1e-2 similar; default: its smallest. Hidden states of
            16 bits do not resolve so little: give 1e-2 there.
        noise: `gaussian` (HyPe-N) or `uniform` (HyPe-U).
        dropout: `off`, the paper's choice and the default, sets every dropout rate to 0 for as long
            as the method is attached, in all passes, also in those of other methods, and at steps
            at which a wrapper skips the noise; `on` leaves dropout alone.

    Cost: one forward and backward pass per step, and a clean pass more if a method after it in the
    list asks for one.

    Composes with every method, as said above. Methods that live on dropout, such as R-Drop, need
    `dropout="on"`.

    Differs from the public code: that draws its uniform noise from U(0, scale), whose mean is not
    0; perturbs pads; and runs in float32 on CUDA alone, in copies of four model families.

    Reference: Yuan, Yuan, Tan, Huang, Huang: HyPe: Better Pre-trained Language Model Fine-tuning
    with Hidden Representation Perturbation, ACL 2023, arXiv 2212.08853.
    """

    scale: float = 1e-5
    noise: Distribution = "gaussian"
    dropout: Switch = "off"

    def __post_init__(self) -> None:
        check_at_least("scale", self.scale, 0)
        check_choice("noise", self.noise, ("gaussian", "uniform"))
        check_choice("dropout", self.dropout, ("off", "on"))

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """The objective with noise in the blocks.

        Raises:
            ConfigError: If checkpointing would run the hooks of a block a second time.
            ModelError: If the model's blocks cannot be found.
        """
        noisy = NoisyBlocks(host, type(self).__name__, self._draw)
        with ExitStack() as stack:
            if self.dropout == "off":
                stack.enter_context(without_dropout(host.model))
            if self.scale > 0:
                stack.enter_context(noisy.installed())
            yield lambda inner: partial(self._objective, inner, noisy)

    def _objective(self, inner: Callable[[Step], Tensor], noisy: NoisyBlocks, step: Step) -> Tensor:
        if self.scale == 0:
            return inner(step)
        with noisy.during(step):
            return inner(step.repeated(redraw=False))

    def _draw(self, step: Step, hidden: Tensor, number: int) -> Tensor:
        """Noise for the input of a block, zero at pads."""
        site = f"block {number}"
        if self.noise == "gaussian":
            noise = self.scale * step.normal_like(hidden, site)
        else:
            noise = self.scale * (2 * step.uniform_like(hidden, site) - 1)
        return noise.masked_fill(~step.block_mask(hidden).bool()[..., None], 0.0)
