"""Trains with methods and pairs in each of two processes; `test_ranks.py` launches it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from steadytune import Regularizer, Step, attach
from steadytune.testing import noise_by_example, tiny_batch, tiny_classifier, weights
from tests.method_settings import SETTINGS

# A method that sends its loss back early, and one whose penalty does not reach the head.
PAIRS = [("SAM", "LNSR"), ("SAM", "BSS")]

LISTS = {
    **{name: [method] for name, method in SETTINGS.items()},
    **{"+".join(names): [SETTINGS[name] for name in names] for names in PAIRS},
}


def train(
    methods: Sequence[Regularizer], rank: int, ranks: int, wrap: Any = lambda model: model
) -> dict[str, Tensor]:
    """Two steps on this process's share of each batch, in float64; the weights afterwards."""
    model: nn.Module = tiny_classifier(dropout=0.0).double()
    called = wrap(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.01)
    with noise_by_example(), attach(called, methods) as objective:
        objective.connect(optimizer)
        for number in range(2):
            batch = tiny_batch(examples=4, seed=number)
            share = slice(rank * 4 // ranks, (rank + 1) * 4 // ranks)
            part = {name: value[share] for name, value in batch.items()}
            objective(Step(called, part, rank=rank)).backward()
            optimizer.step()
            optimizer.zero_grad()
    return weights(model)


def main(folder: Path) -> None:
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    found = {
        f"{name}/{key}": value
        for name, methods in LISTS.items()
        for key, value in train(methods, rank, 2, DistributedDataParallel).items()
    }
    save_file(found, folder / f"{rank}.safetensors")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
