"""What defines a run: its key follows every setting, and impossible settings are refused."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.records.spec import RunSpec

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
