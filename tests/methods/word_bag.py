"""A model small enough to compute by hand: a head on the mean embedding of the real tokens."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn


def waves(*shape: int, start: float = 0.0) -> Tensor:
    """Numbers between -1 and 1 that no library's generator decides, in float64."""
    count = torch.Size(shape).numel()
    return torch.sin(1.7 * torch.arange(count, dtype=torch.float64) + start).reshape(shape)


class WordBag(nn.Module):
    """logits = head(bend(mean_t x_it)) with x the embeddings of real tokens, in float64.

    Args:
        outputs: Number of logits; 1 makes it a regression.
        width: Width of the embeddings.
        bend: The function between mean and head; by default none, and the model is linear.
        problem: `problem_type` of its configuration.
    """

    def __init__(
        self, outputs: int = 2, width: int = 3, bend: Any = None, problem: str | None = None
    ) -> None:
        super().__init__()
        self.config = SimpleNamespace(problem_type=problem)
        self.embedding = nn.Embedding(12, width, dtype=torch.float64)
        self.head = nn.Linear(width, outputs, dtype=torch.float64)
        self.bend = bend or (lambda pooled: pooled)
        with torch.no_grad():
            self.embedding.weight.copy_(waves(12, width))
            self.head.weight.copy_(waves(outputs, width, start=0.5))
            self.head.bias.copy_(waves(outputs, start=0.9))

    def get_input_embeddings(self) -> nn.Module:
        return self.embedding

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor
    ) -> dict[str, Tensor]:
        real = attention_mask.double()[..., None]
        pooled = (self.embedding(input_ids) * real).sum(1) / real.sum(1)
        logits = self.head(self.bend(pooled))
        target = nn.functional.one_hot(labels, logits.shape[-1]) if logits.shape[-1] > 1 else labels
        return {"loss": (logits - target.reshape(logits.shape)).square().mean(), "logits": logits}


def bag_batch() -> dict[str, Tensor]:
    """Three examples of 4, 2 and 3 real tokens."""
    ids = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [7, 8, 9, 0]])
    return {"input_ids": ids, "attention_mask": (ids > 0).long(), "labels": torch.tensor([0, 1, 0])}
