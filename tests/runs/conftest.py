"""One tiny model and one run of it, for all tests of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune.pretrained import Pretrained
from steadytune.records.spec import RunSpec
from tests.tiny_bert import write_tiny_bert


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model; tests only read it."""
    return write_tiny_bert(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def model(folder: Path) -> Pretrained:
    return Pretrained.find(folder)


@pytest.fixture(scope="session")
def spec(folder: Path) -> RunSpec:
    return RunSpec(
        task="toy",
        method="plain",
        seed=1,
        model=str(folder),
        train_size=24,
        epochs=2,
        learning_rate=1e-2,
        batch_size=8,
        max_length=16,
    )
