"""Layer-wise decay of the learning rate (Howard, Ruder, ACL 2018, and others after them)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import nn

from .._checks import check_share
from .._exceptions import ConfigError
from .._model.sites import Layers
from .._model.unwrapped import base_of, without_adapters
from .._step.regularizer import Host, Regularizer, Transform


@dataclass(frozen=True)
class LayerwiseDecay(Regularizer):
    """Train lower layers with smaller learning rates.

    With L blocks, the learning rate of everything in block l is multiplied with

        decay^(L + 1 - l),    l = 1 to L,    and that of the embeddings with decay^(L + 1)

    so that the top block has the factor decay. The head, the pooler and a final normalisation keep
    the full rate. The embeddings are all that the base model has before its first block, and every
    table of embeddings elsewhere, such as that of relative positions.

    The optimizer's parameter groups are split by factor when it is connected, before a learning
    rate schedule is made: schedules multiply the rates that they find.

    Args:
        decay: The factor from one layer to the next one below, above 0, at most 1. The default,
            0.95, is that of the sample command of revisit-bert-finetuning.

    Cost: nothing per step.

    Composes with every other method. The decoupled form of `L2SP` pulls with the rates that this
    gives. Models that share their blocks between layers, as ALBERT does, are refused.

    Differs from the public code: where the factor begins is not the same everywhere. This follows
    revisit-bert-finetuning (the head has the full rate, the top block the first factor); others
    give the top block the full rate, or the head a factor too.

    Reference: Howard, Ruder: Universal Language Model Fine-tuning for Text Classification,
    ACL 2018, arXiv 1801.06146; for BERT Zhang, Wu, Katiyar, Weinberger, Artzi: Revisiting
    Few-sample BERT Fine-tuning, ICLR 2021, arXiv 2006.05987.
    """

    decay: float = 0.95

    def __post_init__(self) -> None:
        check_share("decay", self.decay)

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Say by what each parameter's learning rate is multiplied.

        Raises:
            ConfigError: If the model shares its blocks between layers.
        """
        layers = host.find_layers()
        if len(layers.modules) != layers.depth:
            raise ConfigError(
                f"{type(host.model).__name__} shares its blocks between layers, which have one "
                "learning rate; leave LayerwiseDecay out"
            )
        exponents = _exponents(base_of(without_adapters(host.model)), layers)
        for name, parameter in host.model.named_parameters():
            exponent = exponents.get(id(parameter), 0)
            if exponent and self.decay < 1:
                host.learning_rate_factors[name] = self.decay**exponent
        yield lambda inner: inner


def _exponents(base: nn.Module, layers: Layers) -> dict[int, int]:
    """Parameter, by its id, -> how often its learning rate is decayed."""
    deepest = layers.depth + 1
    in_blocks = {
        id(parameter): layers.depth - index
        for index, block in enumerate(layers.modules)
        for module in (block, layers.joins.get(index))
        if module is not None
        for parameter in module.parameters()
    }
    tables = {
        id(module.weight): deepest for module in base.modules() if isinstance(module, nn.Embedding)
    }
    above = {id(parameter) for module in layers.after for parameter in module.parameters()}
    order = [id(parameter) for parameter in base.parameters() if id(parameter) not in above]
    first = next((place for place, key in enumerate(order) if key in in_blocks), 0)
    return dict.fromkeys(order[:first], deepest) | tables | in_blocks
