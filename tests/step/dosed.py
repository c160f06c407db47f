"""A quadratic model and penalty whose gradients are known, for the tests of doses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from steadytune import Host, Penalty, Step


class Plane(nn.Module):
    """Task: the mean over rows x of x * (3 a + 4 b); `c` is in the task alone."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
        self.b = nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
        self.c = nn.Parameter(torch.tensor(0.0, dtype=torch.float64))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"loss": x.mean() * (3 * self.a + 4 * self.b + 100 * self.c)}


@dataclass(frozen=True)
class Bowl(Penalty):
    """size / 2 * mean(x) * a^2, whose gradient is size * mean(x) * a."""

    strength: float = 1.0
    size: float = 1.0
    dose: float | None = None

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        model: Any = host.model
        yield lambda step: self.size / 2 * step.inputs["x"].mean() * model.a**2


def descend(
    objective: Any,
    model: nn.Module,
    batches: Sequence[Tensor],
    *,
    accumulation: int = 1,
    rate: float = 0.0005,
    called: nn.Module | None = None,
) -> list[dict[str, float]]:
    """Plain SGD, one step a batch of rows, cut into micro-batches; what each step logged."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    logs = []
    for rows in batches:
        for part in rows.chunk(accumulation):
            step = Step(called or model, {"x": part}, accumulation=accumulation)
            objective(step).backward()
        optimizer.step()
        optimizer.zero_grad()
        logs.append(objective.pop_logs())
    return logs
