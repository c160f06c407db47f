"""Batch spectral shrinkage (Chen et al., NeurIPS 2019)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor

from .. import functional
from .._checks import check_at_least, check_choice, check_count
from .._model.unwrapped import reads_causally
from .._step.dose import check_dose
from .._step.regularizer import Host, Penalty
from .._step.step import Step

Feature = Literal["first", "last", "mean"]


@dataclass(frozen=True)
class BSS(Penalty):
    """Shrink the smallest singular values of each batch's features.

    With F the features of a batch (batch, width) and s_1 >= s_2 >= ... its singular values:

        loss = task + strength * sum of the `smallest` last s_i^2

    The directions in which a batch varies least are assumed to transfer badly, and are shrunk. The
    features are the last block's output at one token.

    Args:
        strength: Weight of the penalty. Default: the public code's.
        smallest: How many singular values are shrunk. Default: the public code's. The penalty of a
            batch with no more examples than that is zero: no direction would be left.
        feature: The token that stands for an example: the `first` or the `last` real one, or the
            `mean` of the real ones. In decoders `first` means the last, which sees the whole text
            and which classifiers read.
        dose: In place of `strength`: the size of the penalty's gradient relative to the task's,
            measured on the first 16 steps, which are plain (`Penalty`).

    Cost: the eigenvalues of a (batch, batch) matrix; no further pass.

    Composes with every other method. The penalty depends on the batch: accumulating smaller
    batches, or using more processes, changes it.

    Differs from the public code: squared singular values come from the Gram matrix in float32,
    whose gradient is finite where singular values are equal, and under half precision; the feature
    is a hidden state, where that code takes what the pooler makes of it.

    Reference: Chen, Wang, Fu, Long, Wang: Catastrophic Forgetting Meets Negative Transfer: Batch
    Spectral Shrinkage for Safe Transfer Learning, NeurIPS 2019.
    """

    strength: float = 1e-3
    smallest: int = 1
    feature: Feature = "first"
    dose: float | None = None

    needs_layers: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_at_least("strength", self.strength, 0)
        check_count("smallest", self.smallest, 1)
        check_choice("feature", self.feature, ("first", "last", "mean"))
        check_dose(self)

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        """The penalty on a step of the host's model."""
        of_decoder = self.feature == "first" and reads_causally(host.model)
        yield partial(self._penalty, "last" if of_decoder else self.feature)

    def _penalty(self, feature: Feature, step: Step) -> Tensor:
        trace = step.clean.trace
        assert trace is not None
        features = _features(trace.hidden[-1], step.block_mask(trace.hidden[-1]), feature)
        with torch.autocast(features.device.type, enabled=False):
            return functional.spectral_shrinkage(features, self.smallest)


def _features(hidden: Tensor, mask: Tensor, feature: Feature) -> Tensor:
    """(batch, width): one token of each example's hidden state, or their mean."""
    real = (mask != 0).long()
    if feature == "mean":
        shares = (real / real.sum(1, keepdim=True).clamp(min=1)).to(hidden.dtype)
        return torch.einsum("bs,bsd->bd", shares, hidden)
    order = torch.arange(hidden.shape[1], device=hidden.device)
    position = (real * order).argmax(1) if feature == "last" else real.argmax(1)
    return hidden[torch.arange(len(hidden), device=hidden.device), position]
