"""NoisyTune: noise on the starting weights (Wu, Wu, Qi, Huang, ACL 2022)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from .. import functional
from .._checks import check_at_least, check_pattern
from .._exceptions import ConfigError
from .._model.adapters import require_no_adapters
from .._model.head import new_parameters
from .._step.regularizer import Host, Regularizer, Transform


@dataclass(frozen=True)
class NoisyTune(Regularizer):
    """Add noise to the pretrained weights once, before training.

    Each tensor W of the pretrained model gets noise by its own spread:

        W <- W + intensity * std(W) * U,    U uniform on [-1/2, 1/2) for each entry

    Biases and normalisation weights are tensors like all others. A tensor whose entries are all the
    same, or with a single entry, gets no noise. The head, which is random
    already, and frozen parameters are left alone; tied weights get noise once. Every process draws
    the same. The noise stays when the method is detached. A training that is resumed loads its
    checkpoint over it, so that noise is never added twice.

    Args:
        intensity: lambda in the paper. Our default, 0.15, is the middle of what HyPe's authors
            searched for it (0.1, 0.15, 0.2).
        head: Which parameters are new: a regular expression to find in their names. By default it
            is those outside of the model's base (its `base_model_prefix`).

    Cost: nothing per step; one pass over the weights when it is attached.

    Composes with every other method. `[NoisyTune(), L2SP()]` pulls to the noisy weights,
    `[L2SP(), NoisyTune()]` to those without noise; the same goes for `Mixout`. Under adapters such
    as LoRA the pretrained weights are frozen: attach it to the model before it is wrapped.

    Differs from the public code: there is none by the authors. HyPe's adds noise to the head too.

    Reference: Wu, Wu, Qi, Huang: NoisyTune: A Little Noise Can Help You Finetune Pretrained
    Language Models Better, ACL 2022, arXiv 2202.12024.
    """

    intensity: float = 0.15
    head: str | None = None

    def __post_init__(self) -> None:
        check_at_least("intensity", self.intensity, 0)
        if self.head is not None:
            check_pattern("head", self.head)

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Add the noise; nothing is left to do afterwards.

        Raises:
            ConfigError: If no pretrained weight is trained, or `head` finds no parameter.
        """
        require_no_adapters(host.model, "NoisyTune")
        if self.intensity > 0:
            self._add_noise(host)
        yield lambda inner: inner

    @torch.no_grad()
    def _add_noise(self, host: Host) -> None:
        new = new_parameters(host.model, self.head)
        chosen = {
            name: parameter
            for name, parameter in host.model.named_parameters()
            if parameter.requires_grad and name not in new
        }
        if not chosen:
            raise ConfigError(
                f"{type(host.model).__name__} has no pretrained weight that is trained; "
                "unfreeze some, or leave NoisyTune out"
            )
        for name, parameter in chosen.items():
            draws = torch.rand(
                parameter.shape,
                generator=host.generator(name),
                device=parameter.device,
                dtype=torch.promote_types(parameter.dtype, torch.float32),
            )
            parameter.copy_(functional.noisy_weight(parameter, draws, self.intensity))
