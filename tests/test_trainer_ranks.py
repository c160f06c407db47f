"""One run spread over two processes by torchrun gives what one process gives."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from steadytune.testing import assert_same

from .trainer_ranks_worker import train
from .training import on_two_processes

pytestmark = pytest.mark.alone  # it starts processes and times them


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path: Path) -> None:
    first, second = on_two_processes("tests.trainer_ranks_worker", tmp_path)
    assert_same(first, second)
    alone = train(tmp_path, processes=1)
    for name, value in alone.items():
        torch.testing.assert_close(first[name], value, rtol=1e-4, atol=1e-6)
