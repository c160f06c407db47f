"""Training in low-rank adapters instead of all weights, with PEFT."""

from __future__ import annotations

from typing import Any

from torch import nn
from transformers.pytorch_utils import Conv1D

from .._checks import near
from .._device import usable_device
from .._exceptions import ConfigError
from .._model.head import new_parameters
from .._random import isolated_rng
from ..adapter_files import require_peft, without_peft_warnings
from ..records.lora import ADAPTER, ALL_LINEAR, Lora


def with_adapters(model: Any, lora: Lora, seed: int) -> Any:
    """The model with frozen weights, new adapters, and a head that is trained as a whole.

    It computes what `model` computes, since B begins at zero. The model itself is changed.

    Args:
        model: A model with its new head.
        lora: The adapters.
        seed: Decides how A begins.

    Raises:
        ConfigError: If PEFT is not installed, or the model lacks the modules that are named.
    """
    require_peft()
    import peft

    head = sorted({name.rpartition(".")[0] for name in new_parameters(model)})
    if lora.targets != (ALL_LINEAR,):
        _require_targets(model, lora, head)
    config = peft.LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=ALL_LINEAR if lora.targets == (ALL_LINEAR,) else list(lora.targets),
        exclude_modules=head,
        modules_to_save=head,
    )
    try:
        device = usable_device() if model.device.type == "meta" else model.device
        with isolated_rng(device, seed), without_peft_warnings():
            return peft.get_peft_model(model, config)
    except ValueError as error:
        raise _refusal(model, lora, head, " ".join(str(error).split())[:200]) from error


def merged(model: Any, lora: Lora) -> Any:
    """The model with W + (alpha/r) B A in the place of W: a plain one, or, to be saved as an
    adapter, one that still has A and B.
    """
    if lora.save != ADAPTER:
        return model.merge_and_unload()
    model.merge_adapter()
    return model


def _require_targets(model: nn.Module, lora: Lora, head: list[str]) -> None:
    """Each target must be the end of a name; PEFT leaves out those that are not, silently."""
    names = [name for name, _ in model.named_modules()]
    below = [name for name in names if not any(_ends(name, part) for part in head)]
    for target in lora.targets:
        if not any(_ends(name, target) for name in below):
            guess = near(target, _linear_names(model, head))
            wrong = f"{target} is not the end of a module's name{guess and '; '}{guess}"
            raise _refusal(model, lora, head, wrong)


def _ends(name: str, end: str) -> bool:
    return name == end or name.endswith(f".{end}")


def _refusal(model: nn.Module, lora: Lora, head: list[str], wrong: str) -> ConfigError:
    return ConfigError(
        f"lora: {type(model).__name__} cannot get adapters on {'+'.join(lora.targets)}: {wrong}; "
        f"expected {ALL_LINEAR}, or ends of names among {', '.join(_linear_names(model, head))}"
    )


def _linear_names(model: nn.Module, head: list[str]) -> list[str]:
    names = [n for n, module in model.named_modules() if isinstance(module, nn.Linear | Conv1D)]
    below = [name for name in names if not any(_ends(name, part) for part in head)]
    return list(dict.fromkeys(name.rpartition(".")[2] for name in below))[:12]
