"""Learning from the undesirable: steps of ascent in the hidden states (LfU, AAAI 2026)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from .. import functional
from .._checks import check_at_least, check_choice
from .._model.replay_check import check_replay
from .._step.dose import SCALE, check_dose
from .._step.regularizer import Host, Penalty
from .._step.step import Step

Constant = Literal["clean", "steered", "none"]


@dataclass(frozen=True)
class LfU(Penalty):
    """Penalise how far hidden states move when the layers are steered to where the loss is higher.

    With one vector d_r per layer, added to every token's output of block r, r = 1 .. L, and found
    by a single step of ascent from 0, of length `radius` over all layers together:

        d = radius * g / ||g||,    g_r = d task / d d_r  at  d = 0

        loss = task + strength * mean over r of d(h_r under d, h_r)

    d(., .) is the mean squared difference over real tokens and width, averaged over examples, and
    h_r the clean pass's hidden states, held constant. It is LNSR with the worst direction in place
    of random noise, in all layers at once, and without a gradient through the clean branch. The
    steered pass has the clean pass's dropout masks.

    Args:
        strength: Weight of the penalty, the public script's lambda.
        radius: Length of the step, the public script's alpha. It hardly moves the larger
            hidden states of encoders such as BERT: give a dose, or a larger radius.
        constant: What no gradient flows through: the `clean` branch (the paper), the `steered` one,
            as in the public code for vectors, or `none`.
        dose: In place of `strength`: the size of the penalty's gradient relative to the task's,
            measured on the first 16 steps, which are plain (`Penalty`).

    Cost: blocks 2 to L forward and backward once more, and before them the slopes of the task's
    loss in the hidden states, which is half of a backward pass.

    Composes with every other method. The ascent follows the gradient of a micro-batch:
    accumulating smaller batches, or using more processes, changes the penalty.

    Differs from the public code: that has two forms, for decoders. For vectors it takes steps of
    Adam from random ones, carries them from batch to batch, and has their pass without dropout; the
    single normalised step is the paper's. The other form takes the step in low-rank adapters, and
    is not offered here.

    Reference: Learning from the Undesirable: Robust Adaptation of Language Models without
    Forgetting, AAAI 2026, arXiv 2511.13052.
    """

    strength: float = 0.1
    radius: float = 0.1
    constant: Constant = "clean"
    dose: float | None = None

    needs_layers: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_at_least("strength", self.strength, 0)
        check_at_least("radius", self.radius, 0)
        check_choice("constant", self.constant, ("clean", "steered", "none"))
        check_dose(self)

    def passes(self, depth: int) -> float:
        """The blocks above the first once more, and a third of a pass for the slopes."""
        return 1 + (depth - 1) / depth + 1 / 3

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        """The penalty on a step of the host's model."""
        yield self._penalty

    def _penalty(self, step: Step) -> Tensor:
        trace = step.clean.trace
        assert trace is not None
        check_replay(trace)
        clean = trace.hidden[1:]
        hidden, steered = clean[0], []
        for number, vector in enumerate(self._ascent(step, clean)):
            if number:
                (hidden,) = trace.replay(number, hidden, top=number + 1)
            hidden = hidden + vector.to(hidden)
            steered.append(hidden)
        mask = step.block_mask(hidden)
        if self.constant == "clean":
            clean = [state.detach() for state in clean]
        elif self.constant == "steered":
            steered = [state.detach() for state in steered]
        return functional.noise_stability(steered, clean, mask, [1.0] * len(clean))

    def _ascent(self, step: Step, hidden: Sequence[Tensor]) -> list[Tensor]:
        """One vector a layer, (width,): where the task's loss rises fastest."""
        trained = [state for state in hidden if state.requires_grad]
        with torch.autocast(step.device.type, enabled=False):
            slopes = iter(torch.autograd.grad(SCALE * step.clean.loss, trained, retain_graph=True))
        found = [next(slopes) if h.requires_grad else torch.zeros_like(h) for h in hidden]
        totals = [g.sum((0, 1), dtype=torch.promote_types(g.dtype, torch.float32)) for g in found]
        return functional.ascent_in_weights(totals, self.radius)
