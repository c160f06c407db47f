"""Which parameters of a model are new, and which came with the pretrained model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, cast

import torch
from torch import nn

from .._exceptions import ConfigError
from .unwrapped import base_of, without_adapters

LOADED_BESIDE = "_loaded_beside_base"
"""Where a model keeps names of parameters outside of its base that its file had.

ModernBERT's head, for one, has a layer that masked language models have too.
"""

_STACKS = ("shared", "encoder", "decoder")
"""What is pretrained of a model that holds its two stacks itself, as T5 for questions does."""


def pretrained_part(model: nn.Module) -> nn.Module:
    """The module that holds all that is not new.

    It is the base model, which `base_model_prefix` names. A model with output embeddings predicts
    words, and its head is pretrained too: it counts as a whole, as does a model without a head.
    """
    inner = without_adapters(model)
    predicts_words = getattr(inner, "get_output_embeddings", lambda: None)() is not None
    return inner if predicts_words else base_of(inner)


def _pretrained_parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    inner, part = without_adapters(model), pretrained_part(model)
    children = dict(inner.named_children())
    if part is inner and "qa_outputs" in children:
        for name in _STACKS:
            yield from children[name].parameters()
    else:
        yield from part.parameters()
    for name in getattr(inner, LOADED_BESIDE, ()):
        yield inner.get_parameter(name)


def new_parameters(model: nn.Module, pattern: str | None = None) -> frozenset[str]:
    """Names of the parameters that are newly initialised: the head, decided by name.

    Args:
        model: The model, in adapters or not.
        pattern: A regular expression to find in their names; by default they are those outside of
            the pretrained part. A pooler is inside: whoever trains one that is new names it.

    Raises:
        ConfigError: If the pattern finds no parameter.
    """
    names = [name for name, _ in model.named_parameters()]
    if pattern is None:
        known = {id(parameter) for parameter in _pretrained_parameters(model)}
        return frozenset(name for name, p in model.named_parameters() if id(p) not in known)
    found = frozenset(name for name in names if re.search(pattern, name))
    if not found:
        near = get_close_matches(pattern, names, n=1, cutoff=0.0)
        raise ConfigError(
            f"head={pattern!r} matches no parameter of {type(model).__name__}; "
            f"give a regular expression for the head's parameters, such as {near[0]!r}"
        )
    return found


def settle_head(model: nn.Module, loading: dict[str, Any], same_classes: bool) -> None:
    """Decide what is new of a head that came with the weights, in part or as a whole.

    A part of it stays pretrained. A whole one for other classes is drawn anew.
    """
    drawn = {*loading["missing_keys"], *(key for key, *_ in loading["mismatched_keys"])}
    head = new_parameters(model)
    if head & drawn:
        setattr(model, LOADED_BESIDE, tuple(sorted(head - drawn)))
    elif not same_classes:
        fresh = dict(type(model)(cast(Any, model).config).named_parameters())
        with torch.no_grad():
            for name in sorted(head):
                model.get_parameter(name).copy_(fresh[name])
