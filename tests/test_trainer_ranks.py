"""One run spread over two processes by torchrun gives what one process gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from steadytune.testing import assert_same

from .trainer_ranks_worker import train

pytestmark = pytest.mark.alone  # it starts processes and times them


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    launch += ["--standalone", "--local_addr=127.0.0.1"]
    done = subprocess.run(
        [*launch, "-m", "tests.trainer_ranks_worker", str(tmp_path)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (load_file(tmp_path / f"{rank}.safetensors") for rank in (0, 1))
    assert_same(first, second)
    alone = train(tmp_path, processes=1)
    for name, value in alone.items():
        torch.testing.assert_close(first[name], value, rtol=1e-4, atol=1e-6)
