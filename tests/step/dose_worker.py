"""Trains with a dose in each of two processes; a test launches it."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch.nn.parallel import DistributedDataParallel

from steadytune import attach

from .dosed import Bowl, Plane, descend
from .test_dose import ROWS

if __name__ == "__main__":
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    model = Plane()
    called = DistributedDataParallel(model)
    with attach(called, [Bowl(dose=0.1)]) as objective:
        descend(objective, model, [rows.chunk(2)[rank] for rows in ROWS], called=called)
        strength = objective.findings()["bowl_strength"]
    found = {name: value.detach().clone() for name, value in model.named_parameters()}
    found["strength"] = torch.tensor(strength, dtype=torch.float64)
    save_file(found, Path(sys.argv[1]) / f"{rank}.safetensors")
    dist.destroy_process_group()
