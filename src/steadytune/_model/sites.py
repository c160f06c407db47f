"""Where a model's layers are: its blocks in the order they run, and its word embeddings.

Layer numbers follow `hidden_states`: 0 is what enters the first block, b is the output of the b-th
block, and L is the output of the last one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from torch import nn

from .._exceptions import ModelError
from .unwrapped import base_of, has_two_stacks, unwrap, without_adapters

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

# Families whose blocks take arguments, or are built, in a way that shapes alone do not tell.
_TRAITS: dict[str, dict[str, Any]] = {
    "deberta": {"unbatched": frozenset({"rel_embeddings"})},
    "deberta-v2": {"unbatched": frozenset({"rel_embeddings"})},
    "bloom": {"grouped": frozenset({"alibi"})},
    "mpt": {"unbatched": frozenset({"position_bias"})},
    "opt": {"flattens": True},
    "longformer": {"flattens": True},
}

# What comes after the blocks beside a pooler, where a model creates it before them.
_AFTER_BLOCKS: dict[Any, tuple[str, ...]] = {
    "opt": ("decoder.final_layer_norm", "decoder.project_out"),
}

# Families whose blocks do not take (batch, tokens, width), or are no modules of their own.
_SPREAD = "what makes up a block is spread over several lists of modules"
_REFUSED = {
    "xlnet": "its blocks run time-major",
    "xlm": _SPREAD,
    "flaubert": _SPREAD,
    "funnel": "its blocks shorten the text between them",
}

_REMEDY = "name the list of blocks yourself, for example layers='encoder.layer'"
_STACKS = ("encoder", "decoder")
BOTH = "both"


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
        grouped: Names of block arguments whose first dimension is batch times something, as
            BLOOM's (batch * heads).
        flattens: Whether dropout inside of a block acts on (batch * something, ...) too.
        after: Modules that run after the blocks, where the model creates them before.
        decoder: Whether they are the decoder of a model with an encoder too, with its own tokens.
        around: The modules that a pass calls before the blocks, from the model itself on inwards.
    """

    modules: tuple[nn.Module, ...]
    depth: int
    joins: dict[int, nn.Module] = field(default_factory=dict)
    unbatched: frozenset[str] = frozenset()
    grouped: frozenset[str] = frozenset()
    flattens: bool = False
    after: tuple[nn.Module, ...] = ()
    decoder: bool = False
    around: tuple[nn.Module, ...] = ()


def stack_paths(model: nn.Module, path: str | None) -> tuple[str | None, ...]:
    """The path, or those of the encoder and the decoder where it is `both`.

    Raises:
        ModelError: If the model has no two stacks.
    """
    if path != BOTH:
        return (path,)
    model = without_adapters(unwrap(model))
    if not has_two_stacks(model):
        raise ModelError(
            f"{type(model).__name__} has one stack of blocks; layers='both' is for models with an "
            "encoder and a decoder, leave it out"
        )
    return _STACKS


def find_layers(model: nn.Module, path: str | None = None) -> Layers:
    """Find the blocks of `model`.

    Args:
        model: Any model; Hugging Face families are known, others are guessed.
        path: Dotted path from the model to its `nn.ModuleList` of blocks, if the caller knows it.
            In a model with an encoder and a decoder `encoder` and `decoder` will do.

    Raises:
        ModelError: If no list of blocks can be found, with how to name one.
    """
    model = without_adapters(unwrap(model))
    found = _find_layers(model, path)
    return replace(found, around=_around(model, found.modules[0]))


def _around(model: nn.Module, block: nn.Module) -> tuple[nn.Module, ...]:
    """The modules on the way to a block, as far as the first list of modules."""
    name = next((name for name, module in model.named_modules() if module is block), "")
    parts = name.split(".")[:-1]
    ancestors = [model.get_submodule(".".join(parts[:n])) for n in range(len(parts) + 1)]
    return tuple(takewhile(lambda module: not isinstance(module, nn.ModuleList), ancestors))


def _find_layers(model: nn.Module, path: str | None) -> Layers:
    config: Any = getattr(model, "config", None)
    kind = getattr(config, "model_type", None)
    name = type(model).__name__
    if kind in _REFUSED:
        raise ModelError(
            f"{name} is not supported by methods that need a model's blocks: {_REFUSED[kind]}"
        )
    two_stacks = has_two_stacks(model)
    if path == BOTH:
        raise ModelError(
            "layers='both' does not suit a method in use, which needs one list of blocks; give "
            "layers='encoder' or layers='decoder'"
        )
    if path is not None:
        blocks = _stack_list(model, path) if two_stacks and path in _STACKS else None
        found = _layers_of(blocks or _block_list(model, path), kind)
        return replace(found, decoder=two_stacks and _in_decoder(model, found.modules[0]))
    if two_stacks:
        raise ModelError(
            f"{name} has an encoder and a decoder; say which one with layers='encoder' or "
            "layers='decoder', or take layers='both'"
        )
    base = base_of(model)
    if kind == "albert":
        return _albert_layers(base, config)
    if kind in _BLOCK_PATHS and _leads_to_blocks(base, _BLOCK_PATHS[kind]):
        found = _layers_of(_block_list(base, _BLOCK_PATHS[kind]), kind)
        conv = getattr(getattr(base, "encoder", None), "conv", None)
        found = found if conv is None else replace(found, joins={0: conv})
    else:
        found = _layers_of(_guessed_list(base, name, _depth_by(config)), kind)
    return replace(found, after=tuple(_present(base, ("pooler", *_AFTER_BLOCKS.get(kind, ())))))


def find_embedding(model: nn.Module, decoder: bool = False) -> nn.Module:
    """The module that turns token ids into word vectors.

    Args:
        model: Any model.
        decoder: Whether the decoder's is meant; otherwise the encoder's, where there are both.

    Raises:
        ModelError: If the model does not name one, or the decoder has none of its own.
    """
    model = unwrap(model)
    if decoder:
        return _embedding_of_decoder(model)
    found = named_embedding(model)
    if found is None:
        raise ModelError(
            f"{type(model).__name__} does not name its word embeddings; "
            "give it a method get_input_embeddings() that returns the module"
        )
    # A table that two stacks share is not itself called: each stack has a module for it.
    encoder = getattr(model, "get_encoder", lambda: None)()
    in_encoder = None if encoder is model else named_embedding(encoder)
    return found if in_encoder is None else in_encoder


def _embedding_of_decoder(model: nn.Module) -> nn.Module:
    config: Any = getattr(without_adapters(model), "config", None)
    two_stacks = getattr(config, "is_encoder_decoder", False)
    stack = getattr(model, "get_decoder", lambda: None)() if two_stacks else None
    found = None if stack is None or stack is model else named_embedding(stack)
    if found is None or found is find_embedding(model):
        raise ModelError(
            f"{type(model).__name__} has no decoder with word embeddings of its own; leave "
            "embeddings='decoder' out"
        )
    return found


def named_embedding(model: Any) -> nn.Module | None:
    try:
        found = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return None
    return found if isinstance(found, nn.Module) else None


def skips_layers(model: nn.Module) -> bool:
    """Whether the model leaves blocks out at random in training, as BART with LayerDrop does."""
    config: Any = getattr(without_adapters(model), "config", None)
    names = ("layerdrop", "encoder_layerdrop", "decoder_layerdrop")
    return any((getattr(config, name, 0.0) or 0.0) > 0 for name in names)


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


def _stack_list(model: nn.Module, stack: str) -> nn.Module:
    """The blocks of the encoder or the decoder."""
    find: Any = getattr(model, f"get_{stack}")
    config: Any = model.config
    depth = config.num_hidden_layers
    if stack == "decoder":
        names = ("num_decoder_layers", "decoder_layers")
        depth = next((n for n in (getattr(config, k, None) for k in names) if n), depth)
    return _guessed_list(find(), type(model).__name__, depth)


def _in_decoder(model: nn.Module, block: nn.Module) -> bool:
    decoder: Any = getattr(model, "get_decoder", lambda: None)()
    return isinstance(decoder, nn.Module) and any(block is module for module in decoder.modules())


def _present(root: nn.Module, paths: tuple[str, ...]) -> Iterator[nn.Module]:
    """The modules at those of the paths that lead to one."""
    for path in paths:
        owner, _, name = path.rpartition(".")
        module = getattr(root.get_submodule(owner), name, None)
        if isinstance(module, nn.Module):
            yield module


def _layers_of(blocks: nn.Module, kind: str | None) -> Layers:
    modules = tuple(blocks.children())
    return Layers(modules, len(modules), **_TRAITS.get(kind or "", {}))


def _albert_layers(base: nn.Module, config: Any) -> Layers:
    groups: Any = base.get_submodule("encoder.albert_layer_groups")
    modules = tuple(layer for group in groups for layer in group.albert_layers)
    return Layers(modules, config.num_hidden_layers * config.inner_group_num)


def _depth_by(config: Any) -> int | None:
    """How many blocks the configuration of the text model says there are."""
    text = getattr(config, "get_text_config", lambda: config)()
    found = getattr(text, "num_hidden_layers", None)
    return found if isinstance(found, int) else None


def _guessed_list(base: nn.Module, name: str, depth: int | None) -> nn.Module:
    """The list of as many modules as there are layers: the blocks of most models.

    Where the depth is not known it is the longest one whose members are of one class.

    Raises:
        ModelError: If none is that long, or several are.
    """
    lists = {
        path: module
        for path, module in base.named_modules()
        if isinstance(module, nn.ModuleList) and len(module) > 0 and _could_be_blocks(module)
    }
    alike = (len(m) for m in lists.values() if len(m) > 1 and len(set(map(type, m))) == 1)
    wanted = depth or max(alike, default=0)
    fitting = {path: module for path, module in lists.items() if len(module) == wanted}
    outermost = [p for p in fitting if not any(p.startswith(f"{other}.") for other in fitting)]
    if not outermost:
        number = "no list of blocks" if depth is None else f"no list of its {depth} blocks"
        raise ModelError(f"{number} found in {name}; {_REMEDY}")
    if len(outermost) > 1:
        raise ModelError(
            f"{name} has several lists that could be its blocks ({', '.join(outermost)}); {_REMEDY}"
        )
    return fitting[outermost[0]]


def _could_be_blocks(modules: nn.ModuleList) -> bool:
    """False for lists of bare tables and for lists of lists."""
    return not any(isinstance(module, nn.Embedding | nn.ModuleList) for module in modules)
