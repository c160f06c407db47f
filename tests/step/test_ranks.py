"""Two processes give what one gives, for every method and some pairs: one launch for all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from steadytune import methods
from tests.method_settings import RANK_DEPENDENT, SETTINGS

from .ranks_worker import LISTS, train


def test_every_method_has_a_setting() -> None:
    assert sorted(SETTINGS) == sorted(methods.__all__)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Tensor]]:
    """The weights that each of the two processes ended with."""
    folder = tmp_path_factory.mktemp("ranks")
    worker = Path(__file__).with_name("ranks_worker.py")
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    launch += ["--standalone", "--local_addr=127.0.0.1"]
    done = subprocess.run(
        [*launch, str(worker), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [load_file(folder / f"{rank}.safetensors") for rank in (0, 1)]


@pytest.mark.parametrize("name", list(LISTS))
def test_two_processes_equal_one(name: str, trained: list[dict[str, Tensor]]) -> None:
    alone = train(LISTS[name], 0, 1)
    for key, value in alone.items():
        first, second = (found[f"{name}/{key}"] for found in trained)
        assert torch.equal(first, second), f"{key} differs between the processes"
        if RANK_DEPENDENT.keys() & set(name.split("+")):
            continue
        torch.testing.assert_close(first, value, rtol=1e-8, atol=1e-11)
