"""What trainings in the tests share: a quiet Trainer, its rows, and a launch of two processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor
from transformers import TrainingArguments


def arguments(folder: Path, kind: type = TrainingArguments, **options: Any) -> Any:
    """Training arguments for the CPU that print, save and report nothing; options go first."""
    quiet = {
        "output_dir": str(folder),
        "max_steps": 3,
        "per_device_train_batch_size": 4,
        "learning_rate": 1e-2,
        "use_cpu": True,
        "report_to": "none",
        "disable_tqdm": True,
        "save_strategy": "no",
        "dataloader_pin_memory": False,
    }
    return kind(**{**quiet, **options})


def rows(batch: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """The examples of a batch one by one, as a Trainer takes them."""
    count = len(next(iter(batch.values())))
    return [{name: value[row] for name, value in batch.items()} for row in range(count)]


def on_two_processes(module: str, folder: Path) -> list[dict[str, Tensor]]:
    """Run a module of the tests in two processes, and load what each left as `RANK.safetensors`."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    launch += ["--standalone", "--local_addr=127.0.0.1", "-m", module, str(folder)]
    done = subprocess.run(
        launch,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [load_file(folder / f"{rank}.safetensors") for rank in (0, 1)]
