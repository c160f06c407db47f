"""What every executor on this machine promises."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.study.executors import Executor, FineTune, InProcess, LocalWorkers, executor_for
from steadytune.study.spec import RunSpec
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy

from .runs import SPECS, broken_at_seed_2, by_seed, quick, refuse_seed_2

EXECUTORS = [InProcess(), LocalWorkers(1), LocalWorkers(2)]


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    yield
    assert active_children() == []


@pytest.mark.parametrize("executor", EXECUTORS, ids=str)
def test_every_run_gives_its_outcome_and_its_progress(executor: Executor) -> None:
    outcomes, progress = by_seed(executor, quick)
    assert sorted(outcomes) == [1, 2, 3, 4]
    assert sorted(progress) == [(seed, done, 2) for seed in (1, 2, 3, 4) for done in (1, 2)]
    for seed, outcome in outcomes.items():
        assert outcome.predictions is not None
        assert (outcome.predictions["movie"]["logits"] == seed).all()


@pytest.mark.parametrize("executor", EXECUTORS[:2], ids=str)
def test_an_exception_costs_one_run(executor: Executor) -> None:
    outcomes, _ = by_seed(executor, broken_at_seed_2)
    assert {seed: outcome.record["status"] for seed, outcome in outcomes.items()} == {
        1: "ok",
        2: "failed",
        3: "ok",
        4: "ok",
    }
    assert outcomes[2].record["reason"].startswith("ZeroDivisionError: no reason (runs.py:")
    assert outcomes[2].record["spec_hash"] == SPECS[1].hash


@pytest.mark.parametrize("executor", EXECUTORS, ids=str)
def test_a_spec_that_cannot_be_run_ends_all_at_once(executor: Executor) -> None:
    with pytest.raises(ConfigError, match="seed 2 is refused"):
        by_seed(executor, refuse_seed_2)


@pytest.mark.parametrize("executor", EXECUTORS[:2], ids=str)
def test_no_runs_are_no_work(executor: Executor) -> None:
    assert by_seed(executor, quick, []) == ({}, [])


def test_zero_workers_are_this_process() -> None:
    assert executor_for(0) == InProcess()
    assert executor_for(3) == LocalWorkers(3)
    assert executor_for(None) == LocalWorkers()
    with pytest.raises(ConfigError, match="workers=-1"):
        executor_for(-1)


@pytest.mark.slow
def test_a_worker_gives_the_same_bits_as_this_process(tmp_path: Path) -> None:
    model = write_tiny_bert(tmp_path / "model")
    specs = [
        RunSpec("toy", method, seed, str(model), train_size=16, epochs=1, max_length=16)
        for seed, method in ((1, "plain"), (2, "lnsr"))
    ]
    run = FineTune(load_toy)
    here, there = (by_seed(executor, run, specs)[0] for executor in (InProcess(), LocalWorkers(1)))
    for seed in (1, 2):
        ours, theirs = here[seed], there[seed]
        assert ours.record["status"] == "ok"
        for key in ("spec", "task", "results", "profile"):
            assert ours.record[key] == theirs.record[key]
        assert ours.predictions is not None and theirs.predictions is not None
        np.testing.assert_equal(ours.predictions, theirs.predictions)
