"""Estimates: timed steps and rows, times the steps and rows there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from steadytune import LNSR, SMART, Every, Pretrained, RDrop, Regularizer, Scheduled
from steadytune.records.spec import RunSpec
from steadytune.runs.plan import plan
from steadytune.study import estimate as module
from steadytune.study.estimate import Estimate, estimate, wall_seconds, words_of
from steadytune.study.grid import load_tasks, plan_runs
from tests.study.conftest import MakeStudy


@pytest.fixture
def one_timing(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Half a second a batch, an eighth of one per row; the list holds what was timed."""
    timed: list[Any] = []

    def time(spec: Any, *_: Any) -> tuple[float, float]:
        timed.append(spec)
        return 0.5, 0.125

    monkeypatch.setattr(module, "time_training", time)
    return timed


def of(make_study: MakeStudy, scored: str = "test", **changes: Any) -> Estimate:
    """The estimate of a study of one method."""
    study = make_study("plain")
    model = study.find_model()
    loaded = load_tasks(study, model)
    recipe = study.recipe.changed({"batch_size": 2, **changes})
    runs = plan(loaded, study.arms, recipe, study.seeds, model=model, scored=scored)
    (found,) = estimate(runs, loaded, model)
    return found


def test_a_run_is_its_steps_and_the_scoring_of_every_row(
    make_study: MakeStudy, one_timing: list[Any]
) -> None:
    found = of(make_study, epochs=3.0)
    assert (found.task, found.arm, found.runs, found.steps) == ("toy", "plain", 2, 3 * 16 // 2)
    assert found.seconds_per_step == 0.5
    assert found.seconds == 24 * 0.5 + (16 + 20) * 0.125
    assert len(one_timing) == 1


def test_a_step_is_as_many_batches_as_are_accumulated(
    make_study: MakeStudy, one_timing: list[Any]
) -> None:
    found = of(make_study, settings={"gradient_accumulation_steps": 4})
    assert (found.steps, found.seconds_per_step) == (2, 2.0)
    assert found.seconds == 2 * 2.0 + (16 + 20) * 0.125


def test_a_run_of_the_search_scores_no_test_row(
    make_study: MakeStudy, one_timing: list[Any]
) -> None:
    accumulated = {"gradient_accumulation_steps": 4}
    found = of(make_study, scored="dev", dev_size=8, settings=accumulated)
    assert found.arm == "plain, tuning"
    assert found.seconds == 2 * 2.0 + (16 + 8) * 0.125


def test_plain_is_timed_once_and_the_rest_is_scaled(
    make_study: MakeStudy, one_timing: list[Any]
) -> None:
    study = make_study("plain", "rdrop", "freelb:steps=3", "rdrop+freelb:steps=3", seeds=(1,))
    model = study.find_model()
    loaded = load_tasks(study, model)
    found = estimate(plan_runs(study, loaded, model), loaded, model)
    assert [entry.seconds_per_step for entry in found] == [0.5, 1.0, 1.5, 2.0]
    assert [spec.method for spec in one_timing] == ["plain"]


def batch(*lengths: int) -> Any:
    return module.Batch(tuple({"input_ids": [0] * length} for length in lengths), 100)


def scale_of(**kinds: str) -> Any:
    """A scale for tasks of these kinds."""
    tasks: Any = {name: SimpleNamespace(kind=kind) for name, kind in kinds.items()}
    return module._Scale(Pretrained("unused", Path()), tasks)


def test_steps_and_rows_cost_in_proportion_to_their_tokens() -> None:
    assert (batch(3, 5).row_tokens, batch(3, 5).tokens) == (5, 10)
    spec = RunSpec(task="toy", method="plain", seed=1)
    scale = scale_of(toy="classification")
    machine = "classification", None, spec.precision, spec.threads, spec.lora
    scale.plain[machine] = batch(3, 5), spec, 0.5, 0.125
    scale.ratios["plain", None, *machine] = 1.0
    assert scale.seconds(spec, batch(10, 10, 10, 10), 7) == (2.0, 0.25)


def test_kinds_lengths_of_texts_and_layers_are_timed_apart(
    one_timing: list[Any], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RDrop, "passes", Regularizer.passes)
    scale = scale_of(toy="classification", texts="seq2seq")
    scale.model = Pretrained("tiny", Path(model))
    toy = RunSpec(task="toy", method="plain", seed=1)
    short = replace(toy, task="texts", method="rdrop", max_new_tokens=6, layers="encoder")
    for spec in (toy, toy, short, replace(short, layers="decoder")):
        scale.seconds(spec, batch(3, 5), 7)
    scale.seconds(replace(short, max_new_tokens=60), batch(3, 5), 7)
    found = [(s.task, s.method, s.max_new_tokens, s.layers) for s in one_timing]
    assert found == [
        ("toy", "plain", None, None),
        ("texts", "plain", 6, "encoder"),
        ("texts", "rdrop", 6, "encoder"),
        ("texts", "rdrop", 6, "decoder"),
        ("texts", "plain", 60, "encoder"),
        ("texts", "rdrop", 60, "encoder"),
    ]


def test_a_method_that_does_not_say_its_passes_is_timed(
    make_study: MakeStudy, one_timing: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RDrop, "passes", Regularizer.passes)
    study = make_study("plain", "rdrop", seeds=(1,))
    model = study.find_model()
    loaded = load_tasks(study, model)
    found = estimate(plan_runs(study, loaded, model), loaded, model)
    assert [spec.method for spec in one_timing] == ["plain", "rdrop"]
    assert [entry.seconds_per_step for entry in found] == [0.5, 0.5]


def test_passes_of_methods_that_run_in_part() -> None:
    assert LNSR(layer=3).passes(6) == 1.5 and LNSR(layer=0, dropout="off").passes(6) == 3
    assert SMART(proximal_strength=0).passes(6) == 8 / 3 and SMART().passes(6) == 3
    assert Every(RDrop(), n=4).passes(6) == 1.25 and Scheduled(RDrop()).passes(6) == 2


def test_real_steps_can_be_timed(make_study: MakeStudy) -> None:
    study = make_study("lnsr", seeds=(1,))
    model = study.find_model()
    loaded = load_tasks(study, model)
    (found,) = estimate(plan_runs(study, loaded, model), loaded, model)
    assert 0 < found.seconds_per_step < found.seconds


def test_runs_side_by_side_share_the_time() -> None:
    estimates = [
        Estimate("toy", "plain", runs=3, steps=5, seconds_per_step=1.0, seconds=10.0),
        Estimate("toy", "lnsr", runs=1, steps=5, seconds_per_step=1.0, seconds=6.0),
    ]
    assert wall_seconds(estimates[:1], 2) == 15.0
    assert wall_seconds(estimates, 2) == 18.0
    assert wall_seconds(estimates, 0) == wall_seconds(estimates, 1) == 36.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (89, "89 s"),
        (90, "2 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (36000, "10.0 h"),
    ],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert words_of(seconds) == words
