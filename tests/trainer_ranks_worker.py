"""Trains with `RegularizedTrainer` in each of several processes; a test launches it."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.utils.data import Dataset

from steadytune import LNSR, RegularizedTrainer
from steadytune.testing import noise_by_example, tiny_batch, tiny_classifier, weights

from .training import arguments

BATCH = 4


class Rows(Dataset[dict[str, torch.Tensor]]):
    """Sixteen rows of random tokens, of one length."""

    def __init__(self) -> None:
        self._rows = tiny_batch(examples=16)

    def __len__(self) -> int:
        return 16

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        return {name: value[index] for name, value in self._rows.items()}


def train(folder: Path, processes: int) -> dict[str, torch.Tensor]:
    """Two epochs of batches that are shared by so many processes; the weights afterwards."""
    model = tiny_classifier(dropout=0.0)
    trainer = RegularizedTrainer(
        model=model,
        args=arguments(
            folder,
            max_steps=-1,
            num_train_epochs=2,
            per_device_train_batch_size=BATCH // processes,
            learning_rate=0.1,
            optim="sgd",
            lr_scheduler_type="constant",
            max_grad_norm=0.0,
        ),
        train_dataset=Rows(),
        regularizers=[LNSR(strength=10.0)],
    )
    with noise_by_example():
        trainer.train()
    assert trainer.state.global_step == 8
    return weights(model)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = train(folder, processes=2)
    torch.distributed.barrier()
    save_file(found, folder / f"{torch.distributed.get_rank()}.safetensors")
    torch.distributed.destroy_process_group()
