"""Low-rank adapters that PEFT's LoRA has put into a model, found without importing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from .._exceptions import ConfigError

_KINDS = (("lora_A", "lora_B", ".weight"), ("lora_embedding_A", "lora_embedding_B", ""))


@dataclass(frozen=True)
class LowRankPair:
    """An adapter B A, which adds `scaling` * B A to a weight that is frozen.

    Args:
        down: Name of the parameter A, (rank, in).
        up: Name of the parameter B, (out, rank).
        scaling: What the product is multiplied with.
    """

    down: str
    up: str
    scaling: float


def low_rank_pairs(model: nn.Module) -> list[LowRankPair]:
    """The adapters of a model that are trained.

    Raises:
        ConfigError: If one is a variant that adds something else than a product, such as DoRA.
    """
    trainable = {name for name, p in model.named_parameters() if p.requires_grad}
    pairs = [pair for name, module in model.named_modules() for pair in _pairs_of(name, module)]
    return [pair for pair in pairs if {pair.down, pair.up} & trainable]


def require_no_adapters(model: nn.Module, method: str) -> None:
    """Refuse a model whose pretrained weights are frozen under adapters.

    Raises:
        ConfigError: With how to change them before.
    """
    if low_rank_pairs(model):
        raise ConfigError(
            f"{method} changes pretrained weights once, and here adapters are trained on top of "
            f"them; attach {method} to the model before it is wrapped, for the length of one block"
        )


def _pairs_of(name: str, module: nn.Module) -> Iterator[LowRankPair]:
    owner: Any = module
    for down, up, ending in _KINDS:
        for key in getattr(module, down, ()):
            matrix = getattr(module, down)[key]
            if getattr(matrix, "weight", matrix).dim() != 2:
                continue
            if key in getattr(module, "lora_variant", {}):
                raise ConfigError(
                    f"the adapter {name} is a variant of LoRA (DoRA or another), whose effect on "
                    "the weight is not a plain product; use plain LoRA"
                )
            yield LowRankPair(
                f"{name}.{down}.{key}{ending}",
                f"{name}.{up}.{key}{ending}",
                float(owner.scaling[key]),
            )
