"""Early stopping: by the validation rows, and with the best epoch's weights."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.records.spec import RunSpec
from steadytune.runs import stopping
from steadytune.runs.run import run
from tests.toy_task import load_toy


@pytest.fixture
def spec(spec: RunSpec) -> RunSpec:
    return dataclasses.replace(spec, dev_size=16, epochs=8)


def carry_out(spec: RunSpec, **changes: Any) -> dict[str, Any]:
    return run(dataclasses.replace(spec, **changes), load=load_toy).record.content()


def dev_scores(record: dict[str, Any]) -> list[float]:
    return [e["eval_accuracy"] for e in record["history"] if "eval_accuracy" in e]


def test_the_best_epochs_weights_are_taken(spec: RunSpec) -> None:
    record = carry_out(spec, patience=2)
    scores = dev_scores(record)
    assert record["results"]["dev"]["accuracy"] == max(scores)
    best = scores.index(max(scores))
    assert len(scores) == min(best + 1 + 2, 8)
    assert record["cost"]["steps"] == 3 * len(scores) < 24


def test_it_stops_where_nothing_is_learned(spec: RunSpec) -> None:
    record = carry_out(spec, patience=1, learning_rate=1e-9)
    assert len(dev_scores(record)) == 2
    assert record["cost"]["steps"] == 6


def test_enough_patience_changes_nothing_but_the_weights_taken(spec: RunSpec) -> None:
    plain, patient = carry_out(spec, epochs=3), carry_out(spec, epochs=3, patience=3)
    losses = [[e["loss"] for e in r["history"] if "loss" in e] for r in (plain, patient)]
    assert losses[0] == losses[1]
    assert patient["results"]["dev"]["accuracy"] >= plain["results"]["dev"]["accuracy"]


def test_outputs_that_are_not_finite_are_a_divergence(spec: RunSpec) -> None:
    record = carry_out(spec, patience=2, learning_rate=1e30)
    assert record["status"] == "diverged"


def test_outputs_to_choose_by_that_are_not_finite_are_a_divergence(
    spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs_of = stopping.model_outputs

    def spoilt(*args: Any) -> Any:
        found = outputs_of(*args)
        found["logits"][-1] = np.full_like(found["logits"][-1], np.nan)
        return found

    monkeypatch.setattr(stopping, "model_outputs", spoilt)
    record = carry_out(spec, patience=2)
    assert record["status"] == "diverged" and "finite" in record["reason"]


def test_progress_reaches_its_end(spec: RunSpec) -> None:
    seen: list[tuple[int, int]] = []
    early = dataclasses.replace(spec, patience=1, learning_rate=1e-9)
    run(early, lambda done, total: seen.append((done, total)), load_toy)
    total = 8 * (3 + 1) + 1 + 1 + 2 + 1  # steps and looks at dev; train, dev, movie, product
    assert {all_units for _, all_units in seen} == {total}
    assert seen[-1][0] == total
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_class_weights_reach_the_training(spec: RunSpec) -> None:
    plain = carry_out(spec, train_size=23, epochs=1)
    balanced = carry_out(spec, train_size=23, epochs=1, class_weights="balanced")
    assert plain["results"] != balanced["results"]
    even = [carry_out(spec, epochs=1, class_weights=w) for w in ("none", "balanced")]
    assert even[0]["results"] == even[1]["results"]


def test_label_smoothing_does_not_go_with_class_weights(spec: RunSpec) -> None:
    with pytest.raises(ConfigError, match="label_smoothing_factor"):
        carry_out(spec, class_weights="balanced", settings={"label_smoothing_factor": 0.1})


def test_settings_reach_the_run(spec: RunSpec) -> None:
    record = carry_out(spec, epochs=2, settings={"gradient_accumulation_steps": 3})
    assert record["cost"]["steps"] == 2
