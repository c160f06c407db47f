"""What SMART logs in one call."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from steadytune import SMART, Regularizer, Step, attach
from steadytune._random import isolated_rng

CPU = torch.device("cpu")


def measured(
    model: nn.Module, method: Regularizer, batch: dict[str, Tensor], seed: int = 0
) -> dict[str, float]:
    """What one call logs, every number unrounded."""
    with isolated_rng(CPU, 3), attach(model, [method], seed=seed) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        objective(Step(model, batch))
        return objective.pop_logs()


def smoothness(model: nn.Module, batch: dict[str, Tensor], **options: Any) -> float:
    return measured(model, SMART(proximal_strength=0.0, **options), batch)["smart_smoothness"]
