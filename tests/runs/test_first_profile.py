"""The profile before training is measured once for all runs that start alike."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from steadytune.records.spec import RunSpec
from steadytune.runs import first_profile as module
from steadytune.runs.first_profile import first_profile
from steadytune.runs.run import run
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy


@pytest.fixture(autouse=True)
def nothing_measured_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_measured", {})


def test_each_key_is_measured_once_and_few_are_kept() -> None:
    measured: list[int] = []

    def ask(key: int) -> Any:
        return first_profile(key, lambda: measured.append(key) or {"key": key})  # type: ignore[func-returns-value]

    assert [ask(1), ask(2), ask(1)] == [{"key": 1}, {"key": 2}, {"key": 1}]
    assert measured == [1, 2]
    for key in range(3, 20):
        ask(key)
    assert len(module._measured) == 8
    ask(1)
    assert measured.count(1) == 2


def test_a_model_without_a_profile_is_asked_once() -> None:
    calls: list[None] = []
    for _ in range(2):
        assert first_profile("key", lambda: calls.append(None)) is None  # type: ignore[func-returns-value]
    assert len(calls) == 1


def test_runs_have_the_profile_that_they_would_measure_themselves(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = write_tiny_bert(tmp_path_factory.mktemp("model"))
    spec = RunSpec(
        task="toy",
        method="plain",
        seed=1,
        model=str(folder),
        train_size=16,
        eval_size=20,
        epochs=1.0,
        max_length=16,
    )
    specs = [spec, dataclasses.replace(spec, seed=2), dataclasses.replace(spec, max_length=8)]
    shared = [run(each, load=load_toy).record.profile for each in specs]
    assert len(module._measured) == 2
    for each, profile in zip(specs, shared, strict=True):
        module._measured.clear()
        assert run(each, load=load_toy).record.profile == profile
    assert shared[0].before == shared[1].before
    assert shared[0].after != shared[1].after
