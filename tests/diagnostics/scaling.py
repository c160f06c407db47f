"""A network so simple that all that is measured of it is known."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Scaling(nn.Module):
    """Three blocks that multiply by 2, 1/4 and 3: every curve is known exactly."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(4, 4, bias=False) for _ in range(3)])
        for block, factor in zip(self.blocks, (2.0, 0.25, 3.0), strict=True):
            block.weight.data = factor * torch.eye(4)

    def forward(self, x: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x


class WithHead(Scaling):
    """The same with a linear head on the mean over tokens, whose logits are known too."""

    def __init__(self, outputs: int = 2) -> None:
        super().__init__()
        self.head = nn.Linear(4, outputs, bias=False)
        self.head.weight.data = torch.eye(4)[:outputs]

    def forward(  # type: ignore[override]
        self, x: Tensor, attention_mask: Tensor | None = None
    ) -> dict[str, Tensor]:
        return {"logits": self.head(super().forward(x).mean(1))}
