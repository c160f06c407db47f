"""Training: as many steps as planned, the settings of the spec, and a stop where it diverges."""

from __future__ import annotations

import dataclasses
import math
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from datasets import Dataset

from steadytune import SAM
from steadytune.head_first import fit_head
from steadytune.pretrained import Pretrained
from steadytune.records.spec import RunSpec
from steadytune.runs import training
from steadytune.runs.arguments import step_count
from steadytune.runs.training import Training, train


@pytest.fixture
def spec(spec: RunSpec) -> RunSpec:
    other = {"train_size": None, "batch_size": 4, "learning_rate": 1e-3, "max_length": 128}
    return dataclasses.replace(spec, **other)


@pytest.fixture
def model(folder: Path) -> Any:
    return load(folder)[0]


def load(folder: Path) -> Any:
    return Pretrained.find(folder).with_head("classification", ("bad", "good"), head_seed=1)


def rows() -> Dataset:
    """Ten sentences of three to twelve tokens."""
    ids = [[2, *[5 + number] * (1 + number), 3] for number in range(10)]
    return Dataset.from_dict(
        {
            "input_ids": ids,
            "attention_mask": [[1] * len(row) for row in ids],
            "labels": [number % 2 for number in range(10)],
        }
    )


def run(spec: RunSpec, model: Any, *methods: Any) -> tuple[Training, list[int]]:
    told: list[int] = []
    return train(spec, model, load(Path(spec.model))[1], rows(), methods, told.append), told


def test_every_step_is_counted_timed_told_and_logged(spec: RunSpec, model: Any) -> None:
    before = {name: value.clone() for name, value in model.named_parameters()}
    done, told = run(spec, model)
    steps = step_count(spec, 10)
    assert steps == 2 * math.ceil(10 / 4) == done.steps == len(done.step_seconds) == sum(told)
    assert [entry["step"] for entry in done.history] == [1, 2, 3, 4, 5, 6]
    assert done.diverged is None
    assert any(not torch.equal(before[name], value) for name, value in model.named_parameters())


def test_the_learning_rate_rises_and_falls_to_zero(spec: RunSpec, model: Any) -> None:
    done, _ = run(spec, model)
    rates = [entry["learning_rate"] for entry in done.history]
    assert max(rates) == pytest.approx(1e-3)
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 0.3 * max(rates)


def test_forward_passes_of_a_method_are_counted(spec: RunSpec, model: Any) -> None:
    assert run(spec, model)[0].forwards_per_step == pytest.approx(1.0)
    assert run(spec, model, SAM())[0].forwards_per_step == pytest.approx(2.0)


def test_a_loss_that_is_not_finite_stops_it(spec: RunSpec, model: Any) -> None:
    with torch.no_grad():
        model.classifier.weight.fill_(float("nan"))
    done, told = run(spec, model)
    assert done.diverged == "the loss was nan at step 1"
    assert told == [] and done.history == []


def test_nothing_is_left_on_disk(
    spec: RunSpec, model: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run(spec, model)
    assert list(tmp_path.iterdir()) == []


def test_values_that_json_lacks_are_null_in_the_history() -> None:
    logged = [{"loss": float("inf"), "step": 1}, {"eval_loss": 2.0}, {"train_runtime": 3.0}]
    assert training._history(logged) == [{"loss": None, "step": 1}, {"eval_loss": 2.0}]


class ScoredAs:
    """Validation rows on which the model scores what is given, epoch by epoch.

    Args:
        accuracies: The scores; None where the metric is undefined.
    """

    metric = "accuracy"
    encoded = SimpleNamespace(dataset=rows())

    def __init__(self, *accuracies: float | None) -> None:
        self.accuracies = iter(accuracies)
        self.heads: list[torch.Tensor] = []

    def scores(self, model: Any) -> dict[str, float | None]:
        self.heads.append(model.classifier.weight.detach().clone())
        return {"accuracy": next(self.accuracies)}


def test_an_undefined_score_is_the_worst_to_choose_by(spec: RunSpec, model: Any) -> None:
    dev: Any = ScoredAs(None, 0.1)
    patient = dataclasses.replace(spec, patience=2, dev_size=10)
    done = train(patient, model, load(Path(spec.model))[1], rows(), (), lambda _: None, dev)
    found = [entry["eval_accuracy"] for entry in done.history if "eval_accuracy" in entry]
    assert found == [0.0, 0.1]
    assert not torch.equal(*dev.heads)
    assert torch.equal(model.classifier.weight, dev.heads[1])


@pytest.mark.parametrize("is_open", [False, True])
def test_each_run_is_one_run_of_wandb(
    spec: RunSpec, model: Any, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    ended: list[object] = []
    package = SimpleNamespace(run="the user's own" if is_open else None)
    package.finish = lambda: ended.append(package.run)
    monkeypatch.setitem(sys.modules, "wandb", package)

    def begin(steps: int) -> None:
        package.run = package.run or "of the callback"

    train(spec, model, load(Path(spec.model))[1], rows(), (), begin)
    assert ended == ([] if is_open else ["of the callback"])


def test_the_head_is_fitted_before_the_first_step(spec: RunSpec, model: Any) -> None:
    """What comes before is the same fit, and training goes on from it as it does without."""
    first = dataclasses.replace(spec, head_first=True)
    training, _ = run(first, model)
    assert training.diverged is None
    fitted = load(Path(spec.model))[0]
    batches = [{name: torch.tensor([row[name]]) for name in row} for row in rows()]
    assert fit_head(fitted, batches).after < 0.7
    run(spec, fitted)
    for one, other in zip(model.parameters(), fitted.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0.02, atol=2e-3)
    assert spec.hash != first.hash


def test_a_frozen_model_that_gives_nan_has_diverged(spec: RunSpec, model: Any) -> None:
    model.bert.pooler.dense.weight.data.fill_(math.nan)
    training, told = run(dataclasses.replace(spec, head_first=True), model)
    assert training.diverged == "the loss of the frozen model was nan" and not told
