"""What methods may do to an optimizer's parameter groups."""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer

from ._regularizer import Host


def split_by_learning_rate(optimizer: Optimizer, host: Host) -> None:
    """Split each group by the host's learning rate factors; order within a group is kept."""
    if not host.learning_rate_factors:
        return
    names = {id(value): name for name, value in host.model.named_parameters()}
    groups: list[dict[str, Any]] = []
    for group in optimizer.param_groups:
        by_factor: dict[float, list[Any]] = {}
        for parameter in group["params"]:
            factor = host.learning_rate_factors.get(names.get(id(parameter), ""), 1.0)
            by_factor.setdefault(factor, []).append(parameter)
        for factor, members in by_factor.items():
            groups.append({**group, "params": members, "lr": group["lr"] * factor})
    optimizer.param_groups[:] = groups
