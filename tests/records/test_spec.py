"""What defines a run: its key follows every setting, and impossible settings are refused."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.records.schema import Record
from steadytune.records.spec import KINDS_WITH_THRESHOLD, WITHOUT_EFFECT, RunSpec, choosing_metric
from steadytune.tasks._problems import PROBLEMS
from tests.reporting.fabricated import record

SPEC = RunSpec(task="toy", method="plain", seed=1)
CHOICES = {
    "class_weights": "balanced",
    "group_by_length": False,
    "head_first": True,
    "layers": "encoder",
    "lora": "r=4",
    "precision": "bf16",
    "scored": "dev",
    "settings": {"adam_beta2": 0.98},
    "unlabelled": "more.txt",
}


def test_the_hash_is_the_same_everywhere() -> None:
    assert SPEC.hash == "bb14f41e131e4159"


@pytest.mark.parametrize("field", ["epochs", "learning_rate", "warmup", "weight_decay"])
def test_whole_numbers_are_no_other_run(field: str) -> None:
    whole, exact = (dataclasses.replace(SPEC, **{field: one}) for one in (1, 1.0))
    assert whole == exact and whole.hash == exact.hash


def test_numbers_of_numpy_are_no_other_run() -> None:
    given = dataclasses.replace(SPEC, seed=np.int64(SPEC.seed), epochs=np.float64(SPEC.epochs))
    assert given == SPEC and given.hash == SPEC.hash


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(RunSpec)])
def test_every_setting_changes_the_hash(field: str) -> None:
    start = dataclasses.replace(SPEC, dev_size=8)
    value = getattr(start, field)
    other = f"{value}x" if isinstance(value, str) else 0.5 if isinstance(value, float) else 9
    changed = {field: CHOICES.get(field, other)}
    assert dataclasses.replace(start, **changed).hash != start.hash


def test_a_whole_number_beyond_all_floats_is_refused() -> None:
    with pytest.raises(ConfigError, match="epochs=inf is not possible; expected a finite number"):
        dataclasses.replace(SPEC, epochs=10**400)


def test_a_spec_is_json() -> None:
    spec = dataclasses.replace(SPEC, settings={"optim": "sgd", "adam_beta2": 0.98})
    again = RunSpec(**json.loads(json.dumps(spec.as_dict())))
    assert again == spec
    assert hash(again) == hash(spec)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", -1),
        ("seed", 1.5),
        ("seed", True),
        ("train_size", "many"),
        ("learning_rate", "fast"),
        ("warmup", "long"),
        ("train_size", 0),
        ("eval_size", 0),
        ("epochs", 0.0),
        ("epochs", float("nan")),
        ("learning_rate", 0.0),
        ("learning_rate", float("inf")),
        ("warmup", 1.5),
        ("warmup", -0.1),
        ("weight_decay", -1.0),
        ("batch_size", 0),
        ("max_length", 0),
        ("threads", 0),
        ("dev_size", 0),
        ("stride", 0),
        ("patience", 2),
        ("scored", "dev"),
        ("scored", "all"),
        ("precision", "half"),
        ("class_weights", "equal"),
    ],
)
def test_impossible_settings_are_refused(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{field}="):
        dataclasses.replace(SPEC, **{field: value})


def test_where_something_lies_is_not_part_of_the_key_where_its_hash_is_known() -> None:
    here = dataclasses.replace(
        SPEC, model="/a/model", model_hash="m", unlabelled="a.txt", unlabelled_hash="t"
    )
    there = dataclasses.replace(here, model="model", unlabelled="there/a.txt")
    assert here.key == there.key and here.hash != there.hash
    for changed in ({"model_hash": "n"}, {"unlabelled_hash": "s"}):
        assert dataclasses.replace(here, **changed).key != here.key
    for field in ("model", "unlabelled"):
        unknown = dataclasses.replace(here, **{f"{field}_hash": ""})
        assert unknown.key != dataclasses.replace(unknown, **{field: "other"}).key


@pytest.mark.parametrize("field", sorted(WITHOUT_EFFECT))
def test_where_a_run_reports_to_is_not_part_of_its_key(field: str) -> None:
    from transformers import TrainingArguments

    if field != "logging_dir":  # of older versions
        assert field in {f.name for f in dataclasses.fields(TrainingArguments)}
    with_it = dataclasses.replace(SPEC, settings={field: 1, "optim": "sgd"})
    without = dataclasses.replace(SPEC, settings={"optim": "sgd"})
    assert with_it.key == without.key != SPEC.key
    assert with_it.hash != without.hash


def test_the_metric_is_part_of_a_run_where_it_chose_something() -> None:
    assert choosing_metric({"patience": 1, "dev_size": 8}, "classification", "f1") == "f1"
    assert choosing_metric({"dev_size": 8}, "multilabel", "f1_micro") == "f1_micro"
    assert choosing_metric({"dev_size": 8}, "classification", "f1") == ""
    assert choosing_metric({}, "multilabel", "f1_micro") == ""
    assert {kind for kind, problem in PROBLEMS.items() if problem.choices} == KINDS_WITH_THRESHOLD


def test_a_record_from_before_that_is_the_run_of_its_metric() -> None:
    planned = dataclasses.replace(SPEC, dev_size=8, patience=1, chosen_by="f1")
    spec = planned.as_dict()
    assert planned.hash != dataclasses.replace(planned, chosen_by="").hash
    del spec["chosen_by"]
    task = {**record()["task"], "metric": "f1"}
    old = Record.model_validate(record(spec=spec, task=task))
    assert old.spec.written == record(spec=spec)["spec"]
    asked = {**old.spec.fields, "settings": dict(planned.settings)}
    assert asked["chosen_by"] == "f1"
    other = Record.model_validate(record(spec=spec, task={**task, "metric": "accuracy"}))
    assert other.key != old.key and other.spec_hash == old.spec_hash
    assert Record.model_validate(record(spec={"patience": None}, task=task)).spec.chosen_by == ""
