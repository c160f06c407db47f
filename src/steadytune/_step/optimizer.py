"""What methods may do to an optimizer's parameter groups, and undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer

from .._exceptions import ConfigError

_RATES = ("lr", "initial_lr")


@dataclass(frozen=True)
class SplitGroup:
    """One parameter group and the pieces that took its place, each with its factor."""

    group: dict[str, Any]
    pieces: list[tuple[float, dict[str, Any]]]


def innermost(optimizer: Optimizer) -> Optimizer:
    """The optimizer inside accelerate's wrappers, which run no hooks of their own."""
    while isinstance(inner := getattr(optimizer, "optimizer", None), Optimizer):
        optimizer = inner
    return optimizer


def require_parameters_of(model: nn.Module, optimizer: Optimizer) -> None:
    """Refuse an optimizer that trains another model.

    Raises:
        ConfigError: If it holds none of the model's parameters.
    """
    own = {id(parameter) for parameter in model.parameters()}
    if not any(id(p) in own for group in optimizer.param_groups for p in group["params"]):
        raise ConfigError(
            f"the optimizer holds none of the parameters of {type(model).__name__}; "
            "connect the one that trains this model"
        )


def split_by_learning_rate(
    model: nn.Module, optimizer: Optimizer, factors: Mapping[str, float]
) -> list[SplitGroup]:
    """Split each group so that each parameter's learning rate is multiplied with its factor.

    Args:
        model: The model whose names the factors go by.
        optimizer: Its groups are replaced; order within a group is kept.
        factors: Parameter name -> factor; 1 for parameters that are not named.

    Returns:
        What `merge_groups` needs to undo it.
    """
    if not factors:
        return []
    names = {id(value): name for name, value in model.named_parameters()}
    splits = []
    for group in optimizer.param_groups:
        members: dict[float, list[Any]] = {}
        for parameter in group["params"]:
            factor = factors.get(names.get(id(parameter), ""), 1.0)
            members.setdefault(factor, []).append(parameter)
        pieces = [(f, {**group, "params": p, **_rates(group, f)}) for f, p in members.items()]
        splits.append(SplitGroup(group, pieces))
    optimizer.param_groups[:] = [piece for split in splits for _, piece in split.pieces]
    return splits


def merge_groups(optimizer: Optimizer, splits: list[SplitGroup]) -> None:
    """Put the groups back that were split, with the learning rates that they have come to."""
    if not splits:
        return
    for split in splits:
        factor, piece = max(split.pieces, key=lambda pair: pair[0])
        kept = {name: value for name, value in piece.items() if name != "params"}
        split.group.update({**kept, **_rates(piece, 1 / factor)})
    optimizer.param_groups[:] = [split.group for split in splits]


def _rates(group: dict[str, Any], factor: float) -> dict[str, Any]:
    return {name: group[name] * factor for name in _RATES if name in group}
