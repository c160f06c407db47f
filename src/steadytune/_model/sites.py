"""Where a model's layers are: its blocks in the order they run, and its word embeddings.

Layer numbers follow `hidden_states`: 0 is what enters the first block, b is the output of the b-th
block, and L is the output of the last one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from torch import nn

from .._exceptions import ModelError

# Path of the list of blocks inside the base model, by `config.model_type`.
_BLOCK_PATHS = {
    **dict.fromkeys(
        (
            "bert",
            "roberta",
            "xlm-roberta",
            "camembert",
            "electra",
            "mpnet",
            "deberta",
            "deberta-v2",
        ),
        "encoder.layer",
    ),
    **dict.fromkeys(
        ("modernbert", "llama", "qwen2", "qwen3", "mistral", "gemma3_text", "phi3", "olmo2"),
        "layers",
    ),
    "distilbert": "transformer.layer",
    "gpt2": "h",
    "opt": "decoder.layers",
}

# Arguments of a block whose first dimension is not the batch, whatever its size.
_UNBATCHED = {"deberta": {"rel_embeddings"}, "deberta-v2": {"rel_embeddings"}}

# Families whose blocks do not take (batch, tokens, width), or that have two stacks of blocks.
_REFUSED = {"xlnet": "its blocks run time-major"}

_REMEDY = "name the list of blocks yourself, for example layers='encoder.layer'"


@dataclass(frozen=True)
class Layers:
    """The blocks of one model.

    Args:
        modules: The distinct modules that act as a block, in order.
        depth: How many block calls one forward pass makes, L. It exceeds `len(modules)` where
            blocks are shared between layers, as in ALBERT.
        joins: Block index -> module that runs on that block's input and output, as the
            convolution after DeBERTa-v2's first block does.
        unbatched: Names of block arguments that never have a batch dimension.
    """

    modules: tuple[nn.Module, ...]
    depth: int
    joins: dict[int, nn.Module] = field(default_factory=dict)
    unbatched: frozenset[str] = frozenset()


def unwrap(model: nn.Module) -> nn.Module:
    """The model inside `torch.compile`, DistributedDataParallel and DataParallel."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and type(model).__name__ in {"DistributedDataParallel", "DataParallel"}:
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def find_layers(model: nn.Module, path: str | None = None) -> Layers:
    """Find the blocks of `model`.

    Args:
        model: Any model; Hugging Face families are known, others are guessed.
        path: Dotted path from the model to its `nn.ModuleList` of blocks, if the caller knows it.

    Raises:
        ModelError: If no list of blocks can be found, with how to name one.
    """
    model = without_adapters(unwrap(model))
    if path is not None:
        return _layers_of(_block_list(model, path))
    config: Any = getattr(model, "config", None)
    kind = getattr(config, "model_type", None)
    name = type(model).__name__
    if kind in _REFUSED:
        raise ModelError(f"{name} is not supported: {_REFUSED[kind]}")
    if getattr(config, "is_encoder_decoder", False):
        raise ModelError(f"{name} has an encoder and a decoder; {_REMEDY}")
    base = base_of(model)
    if kind == "albert":
        return _albert_layers(base, config)
    if kind in _BLOCK_PATHS and _leads_to_blocks(base, _BLOCK_PATHS[kind]):
        found = _layers_of(_block_list(base, _BLOCK_PATHS[kind]), _UNBATCHED.get(kind, set()))
        conv = getattr(getattr(base, "encoder", None), "conv", None)
        return found if conv is None else replace(found, joins={0: conv})
    return _layers_of(_largest_list(base, name))


def find_embedding(model: nn.Module) -> nn.Module:
    """The module that turns token ids into word vectors.

    Raises:
        ModelError: If the model does not name one.
    """
    model = unwrap(model)
    try:
        found = model.get_input_embeddings()  # type: ignore[operator]
    except (AttributeError, NotImplementedError):
        found = None
    if not isinstance(found, nn.Module):
        raise ModelError(
            f"{type(model).__name__} does not name its word embeddings; "
            "give it a method get_input_embeddings() that returns the module"
        )
    return found


def without_adapters(model: nn.Module) -> nn.Module:
    """The model inside a PEFT wrapper, whose blocks carry the adapters."""
    inner = getattr(model, "get_base_model", None)
    return inner() if callable(inner) else model


def base_of(model: nn.Module) -> nn.Module:
    """The pretrained part of a model with a head; the model itself if it has none."""
    prefix = getattr(model, "base_model_prefix", "")
    base = getattr(model, prefix, model) if prefix else model
    return base if isinstance(base, nn.Module) else model


def _leads_to_blocks(root: nn.Module, path: str) -> bool:
    """False inside other libraries' wrappers, whose list of blocks is then guessed."""
    try:
        return isinstance(root.get_submodule(path), nn.ModuleList)
    except AttributeError:
        return False


def _block_list(root: nn.Module, path: str) -> nn.Module:
    try:
        found = root.get_submodule(path)
    except AttributeError:
        found = None
    if not isinstance(found, nn.ModuleList | nn.Sequential) or len(found) == 0:
        raise ModelError(
            f"layers={path!r} does not lead to a list of blocks in {type(root).__name__}; {_REMEDY}"
        )
    return found


def _layers_of(blocks: nn.Module, unbatched: set[str] | None = None) -> Layers:
    modules = tuple(blocks.children())
    return Layers(modules, len(modules), unbatched=frozenset(unbatched or ()))


def _albert_layers(base: nn.Module, config: Any) -> Layers:
    groups: Any = base.get_submodule("encoder.albert_layer_groups")
    modules = tuple(layer for group in groups for layer in group.albert_layers)
    return Layers(modules, config.num_hidden_layers * config.inner_group_num)


def _largest_list(base: nn.Module, name: str) -> nn.Module:
    """The longest list whose members are all of one class: the stack of blocks of most models."""
    lists = [
        module
        for module in base.modules()
        if isinstance(module, nn.ModuleList)
        and len(module) > 1
        and len({type(child) for child in module}) == 1
    ]
    if not lists:
        raise ModelError(f"no list of blocks found in {name}; {_REMEDY}")
    return max(lists, key=len)
