"""Turning dropout off for a whole training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Set every dropout rate inside `model` to 0, and put each back when the block ends.

    Rates are set rather than modules put in evaluation mode, so that activation checkpointing stays
    on, and recomputes what it ran. Covers `nn.Dropout` and its kin, and modules that keep a rate of
    their own for functional dropout, as Llama's attention does. Falcon and Persimmon read some of
    theirs, 0 by default, from the config in every pass: those stay, since the config is saved.
    """
    before = [
        (module, name, value)
        for module in model.modules()
        for name, value in vars(module).items()
        if _is_rate(module, name, value)
    ]
    for module, name, _ in before:
        setattr(module, name, 0.0)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _is_rate(module: nn.Module, name: str, value: Any) -> bool:
    if not isinstance(value, float):
        return False
    own = name == "p" and "dropout" in type(module).__name__.lower()
    return own or "dropout" in name or name.endswith("pdrop")
