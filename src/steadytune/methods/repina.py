"""REPINA: hidden states that stay near the pretrained ones (Razdaibiedina et al., EMNLP 2023)."""

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
from .._exceptions import ConfigError
from .._model.exchange import exchanged
from .._model.start_weights import StartWeights
from .._model.unwrapped import reads_causally
from .._step.regularizer import Host, Penalty
from .._step.step import Step

Tokens = Literal["first", "all"]
Masks = Literal["shared", "off"]


@dataclass(frozen=True)
class REPINA(Penalty):
    """Keep a hidden state near what the pretrained model makes of the same text.

    With h_b the hidden state above block b and h_b^0 the same under the weights that the method
    found when it was attached:

        loss = task + strength * d(h_b, h_b^0)

    d(., .) is the mean squared difference over tokens and width, averaged over examples. Where
    L2-SP holds the weights, this holds what they compute. In the paper's family, the distance to
    the nearest image under a class of maps, it is REPINA-I, with the identity as the only map.

    Args:
        strength: Weight of the penalty. Our default: the paper's was not accessible to us.
        layer: b, 1 <= b <= L, or None for the last.
        tokens: `first`, the one that classifiers of BERT's kind read (in decoders the last, which
            theirs read), or `all` real ones.
        dropout: The pretrained pass's masks: `shared` has those of the clean pass, so that the
            penalty starts at 0; `off` runs it without dropout, as features computed once would be.

    Cost: one more forward pass, without a backward one, and a copy of the trained weights.

    Composes with every other method. After `Reinit` or `NoisyTune` in the list it holds to what
    they left, before them to what they found. Under adapters such as LoRA the pretrained model is
    the one without what they have learned.

    Differs from the public code: we found none. Variants whose map is learned, such as the paper's
    with a small network, are not offered: how the map is trained was not accessible to us.

    Reference: Razdaibiedina, Khetan, Karnin, Khashabi, Kapoor, Madan: Representation Projection
    Invariance Mitigates Representation Collapse, Findings of EMNLP 2023, arXiv 2205.11603.
    """

    strength: float = 0.1
    layer: int | None = None
    tokens: Tokens = "first"
    dropout: Masks = "shared"

    needs_layers: ClassVar[bool] = True
    needs_start: ClassVar[bool] = True
    takes_unlabelled: ClassVar[bool] = True
    no_dose: ClassVar[str] = (
        "at the start, where a dose is measured, the hidden states are where it holds them, so "
        "that it has no gradient there"
    )

    def __post_init__(self) -> None:
        check_at_least("strength", self.strength, 0)
        if self.layer is not None:
            check_count("layer", self.layer, 1)
        check_choice("tokens", self.tokens, ("first", "all"))
        check_choice("dropout", self.dropout, ("shared", "off"))

    def passes(self, depth: int) -> float:
        """A forward pass more, a third of a forward and a backward one."""
        return 4 / 3

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        """The penalty on a step of the host's model.

        Raises:
            ConfigError: If the layer is out of the model's range.
        """
        assert host.depth is not None
        layer = host.depth if self.layer is None else self.layer
        if layer > host.depth:
            raise ConfigError(
                f"layer={layer} is out of range; this model has {host.depth} layers, "
                f"expected 1 to {host.depth}"
            )
        trained = [name for name, p in host.model.named_parameters() if p.requires_grad]
        starts = StartWeights(host.model, trained)
        yield partial(self._penalty, starts, layer, reads_causally(host.model))

    def _penalty(self, starts: StartWeights, layer: int, causal: bool, step: Step) -> Tensor:
        parameters, values = zip(*map(starts.pair, starts.trainable()), strict=True)
        trace = step.clean.trace
        with torch.no_grad(), exchanged(parameters, values):
            before = step.forward(dropout=self.dropout, name="pretrained", record=True).trace
        assert trace is not None
        assert before is not None
        still, moved = before.hidden[layer], trace.hidden[layer]
        mask = step.block_mask(moved)
        if self.tokens == "first":
            real = mask != 0
            count = real.cumsum(1)
            mask = real & (count == (count[:, -1:] if causal else 1))
        return functional.squared_displacement(moved, still, mask).mean()
