"""What is around a model, compilation, parallel training and adapters, and the model inside."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def unwrap(model: nn.Module) -> nn.Module:
    """The model inside `torch.compile`, DistributedDataParallel and DataParallel."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and type(model).__name__ in {"DistributedDataParallel", "DataParallel"}:
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def is_compiled(model: nn.Module) -> bool:
    """Whether the model runs compiled, which may draw masks in another way than its blocks."""
    bare: Any = unwrap(model)
    return hasattr(model, "_orig_mod") or getattr(bare, "_compiled_call_impl", None) is not None


def averages_gradients(model: nn.Module) -> bool:
    """Whether DistributedDataParallel is around the model, or inside of other wrappers."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return False
    return any(isinstance(m, nn.parallel.DistributedDataParallel) for m in model.modules())


def without_adapters(model: nn.Module) -> nn.Module:
    """The model inside a PEFT wrapper, whose blocks carry the adapters."""
    inner = getattr(model, "get_base_model", None)
    return inner() if callable(inner) else model


def reading_part(model: nn.Module) -> nn.Module:
    """The encoder of a model with an encoder and a decoder; any other model itself."""
    bare: Any = without_adapters(model)
    return bare.get_encoder() if has_two_stacks(bare) else model


def has_two_stacks(model: nn.Module) -> bool:
    """Whether a model, without wrappers, has an encoder and a decoder; a stack alone has not."""
    config: Any = getattr(model, "config", None)
    alone = getattr(model, "get_encoder", lambda: None)() is model
    return getattr(config, "is_encoder_decoder", False) and not alone


def reads_causally(model: nn.Module) -> bool:
    """Whether no token of a text sees those after it, as in decoders alone."""
    bare = without_adapters(model)
    attends = (getattr(module, "is_causal", False) for module in bare.modules())
    return not has_two_stacks(bare) and any(attends)


def base_of(model: nn.Module) -> nn.Module:
    """The pretrained part of a model with a head; the model itself if it has none."""
    prefix = getattr(model, "base_model_prefix", "")
    base = getattr(model, prefix, model) if prefix else model
    return base if isinstance(base, nn.Module) else model
