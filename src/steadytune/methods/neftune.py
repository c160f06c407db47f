"""NEFTune: noisy embeddings (Jain et al., ICLR 2024)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from torch import Tensor

from .. import functional
from .._checks import check_at_least
from .._step.perturbation import zero_perturbation
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step


@dataclass(frozen=True)
class NEFTune(Regularizer):
    """Train on word embeddings with uniform noise, in place of the clean ones.

    With X_i the word embeddings of example i, n_i its number of real tokens and d their width:

        loss = objective(X + e),      e_i = U(-1, 1) * alpha / sqrt(n_i * d)

    Pads and evaluation get no noise. The noise is in the passes of what precedes NEFTune in the
    list of methods. In `[NEFTune(), LNSR()]` that is the task alone: the penalty runs a clean pass
    of its own. In `[LNSR(), NEFTune()]` it is both, and they share the noisy pass: all
    passes of the penalty see the same noise, so that it measures the stability of the noisy point.

    Args:
        alpha: Size of the noise, the largest Frobenius norm that an example's noise can have.
            Default: the lower end of the 5 to 15 that the paper uses. 0 is plain training.

    Cost: one forward and backward pass per step, and a clean pass more if a method after it in the
    list asks for one.

    Composes with every method, as said above. The others draw what they draw without it.

    Differs from the public code: that of transformers uses the padded length for n_i, so that the
    noise shrinks with the batch's longest example, puts noise on pads, and puts noise on every pass
    of a model in training, also on those that a regulariser takes for clean.

    Reference: Jain, Chiang, Wen, Kirchenbauer, Chu, Somepalli, Bartoldson, Kailkhura,
    Schwarzschild, Saha, Goldblum, Geiping, Goldstein: NEFTune: Noisy Embeddings Improve Instruction
    Finetuning, ICLR 2024, arXiv 2310.05914.
    """

    alpha: float = 5.0

    needs_embeddings: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_at_least("alpha", self.alpha, 0)

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """The objective at noisy embeddings."""
        yield lambda inner: partial(self._objective, inner)

    def _objective(self, inner: Callable[[Step], Tensor], step: Step) -> Tensor:
        if self.alpha == 0:
            return inner(step)
        clean = zero_perturbation(step)
        draws = step.uniform_like(clean, "noise")
        noise = functional.length_scaled_noise(draws, step.embedding_mask(clean), self.alpha)
        return inner(step.shifted(noise, redraw=False))
