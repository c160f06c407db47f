"""A study that is killed and started again ends as one that was not, bit for bit."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.prediction_file import read_predictions
from steadytune.runs.executors import InProcess
from tests.tiny_bert import write_tiny_bert

from .resumed_study import choose_run, study

pytestmark = pytest.mark.alone  # it starts processes and times them


def test_killed_at_random_moments_and_resumed(tmp_path: Path) -> None:
    kill_and_resume(tmp_path / "study", "", kills=4, luck=random.Random(1))


@pytest.mark.slow
def test_training_killed_twice_and_resumed(tmp_path: Path) -> None:
    model = write_tiny_bert(tmp_path / "model")
    kill_and_resume(tmp_path / "study", str(model), kills=2, luck=random.Random(0))


def kill_and_resume(folder: Path, model: str, kills: int, luck: random.Random) -> None:
    whole = uninterrupted(model)
    ledger, before = Ledger(folder), 0
    for number in range(kills):
        kill_at_random(folder, model, luck, with_workers=number % 2 == 0)
        there = require_sound(ledger, whole)
        assert there >= before  # never a finished record is lost
        before = there
    process = start(folder, model)
    assert process.wait(timeout=120) == 0
    assert require_sound(ledger, whole) == len(whole) == 15


def uninterrupted(model: str) -> dict[str, Outcome]:
    """The outcomes of the whole study, by the hash of their spec."""
    outcomes: list[Outcome] = []
    InProcess().carry_out(study(model), choose_run(model), outcomes.append)
    return {outcome.record.spec_hash: outcome for outcome in outcomes}


def start(folder: Path, model: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.runs.resumed_study", str(folder), model],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_at_random(folder: Path, model: str, luck: random.Random, *, with_workers: bool) -> None:
    """Kill a study at some moment after its first new record, while others are on their way."""
    seen = count(folder)
    process = start(folder, model)
    deadline = time.monotonic() + 120
    while count(folder) == seen and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(luck.uniform(0.0, 0.1))
    if process.poll() is None:
        (os.killpg if with_workers else os.kill)(process.pid, signal.SIGKILL)
    process.wait()


def count(folder: Path) -> int:
    return len(list(folder.glob("runs/*.json")))


def require_sound(ledger: Ledger, whole: dict[str, Outcome]) -> int:
    """Every record is whole, has its predictions, and says what the uninterrupted study says."""
    contents = ledger.read()
    assert contents.corrupt == {}
    for record in contents.records:
        expected = whole[record.spec_hash]
        assert comparable(record.content()) == comparable(expected.record.content())
        found = read_predictions(ledger.predictions_of(record))
        np.testing.assert_equal(found, expected.predictions)
    return len(contents.records)


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    """What must be equal: neither times nor costs, which no two runs share."""
    losses = [entry.get("loss") for entry in record["history"]]
    return {key: record[key] for key in ("status", "results", "profile", "task")} | {"loss": losses}
