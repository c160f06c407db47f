"""What every executor on this machine promises."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune.pretrained import Pretrained
from steadytune.records.ledger import run_name
from steadytune.runs.executors import Executor, FineTune, InProcess, LocalWorkers, executor_for

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
    assert {seed: outcome.record.status for seed, outcome in outcomes.items()} == {
        1: "ok",
        2: "failed",
        3: "ok",
        4: "ok",
    }
    assert outcomes[2].record.reason.startswith("ZeroDivisionError: no reason (runs.py:")
    assert outcomes[2].record.spec_hash == SPECS[1].hash


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


def test_another_process_imports_what_a_run_needs_before_the_run_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A time limit counts from the moment when the run is read."""
    asked: list[str] = []

    class Module(ModuleType):
        def __getattr__(self, name: str) -> None:
            asked.append(name)

    sent = pickle.dumps(FineTune(profile=False))
    monkeypatch.setitem(sys.modules, "steadytune.runs.run", Module("run"))
    assert pickle.loads(sent) == FineTune(profile=False)
    assert "run" in asked


def test_a_fine_tune_keeps_what_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from steadytune.runs import run as module

    given: list[Any] = []
    monkeypatch.setattr(module, "run", lambda *values, profile: given.append(values[3:]))
    name, tiny = run_name(SPECS[0]), Pretrained("tiny", tmp_path)
    for work in (FineTune(), FineTune(models=tmp_path), FineTune(curves=tmp_path, model=tiny)):
        work(SPECS[0], lambda done, total: None)
    assert [(keep.model, keep.curves, model) for keep, model in given] == [
        (None, None, None),
        (tmp_path / name, None, None),
        (None, tmp_path / name, tiny),
    ]
