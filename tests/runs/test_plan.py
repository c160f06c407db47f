"""The planner: a pure function from tasks, methods, a recipe and seeds to runs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune.pretrained import Pretrained
from steadytune.records.recipe import Changes, Recipe, recipe_fields
from steadytune.runs.plan import (
    Arm,
    LoadedTask,
    methods_on_unlabelled,
    plan,
    require_use_of_unlabelled,
)
from tests.toy_task import load_toy

RECIPE = Recipe(train_size=8, epochs=2, learning_rate=1e-3, max_length=16)


def test_equal_arguments_give_equal_runs(model: Pretrained) -> None:
    one, other = (
        plan([LoadedTask(load_toy())], ["plain", "lnsr"], RECIPE, (1, 2), model=model)
        for _ in range(2)
    )
    assert one == other
    assert [(run.spec.seed, run.spec.method) for run in one] == [
        (seed, method) for seed in (1, 2) for method in ("plain", "lnsr")
    ]
    assert all(
        run.spec.recipe == RECIPE.changed({"precision": "fp32", "threads": 1}) for run in one
    )


def test_task_arm_and_choice_change_the_recipe_in_this_order(model: Pretrained) -> None:
    task = LoadedTask(load_toy(), (("epochs", 3.0), ("batch_size", 4), ("warmup", 0.2)))
    arm = Arm("slow", "plain", (("batch_size", 2), ("warmup", 0.3)), longer=2.0)
    choices = {(task.task.name, "slow"): (("warmup", 0.4), ("method", "mixout"))}
    (run,) = plan([task], [arm], RECIPE, (1,), model=model, choices=choices, varies=("seed",))
    assert (run.spec.epochs, run.spec.batch_size, run.spec.warmup) == (6.0, 2, 0.4)
    assert run.spec.method == "mixout"
    assert run.arm == {"name": "slow", "varies": ["batch_size", "epochs", "seed", "warmup"]}


def test_an_arm_scales_each_tasks_own_learning_rate(model: Pretrained) -> None:
    tasks = [LoadedTask(load_toy(), (("learning_rate", 4e-5),))]
    arms = ["plain", Arm("half", "plain", learning_rate_factor=0.5)]
    whole, half = plan(tasks, arms, RECIPE, (1,), model=model)
    assert (whole.spec.learning_rate, half.spec.learning_rate) == (4e-5, 2e-5)
    assert whole.arm == {"name": "plain", "varies": ["learning_rate"]}
    assert half.arm == {"name": "half", "varies": ["learning_rate"]}
    (settled,) = plan([LoadedTask(load_toy())], arms[1:], Recipe(train_size=8), (1,), model=model)
    assert settled.spec.learning_rate == 5e-5  # of the 1e-4 that is taken where none is given


@pytest.mark.parametrize("name", ["longer", "learning_rate_factor"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_a_factor_is_a_number_above_zero(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"half: {name}={value}; expected a number above 0"):
        Arm("half", "plain", **{name: value})


def test_what_is_open_is_settled_with_a_reason(model: Pretrained) -> None:
    (run,) = plan([LoadedTask(load_toy())], ["plain"], Recipe(train_size=8), (1,), model=model)
    assert (run.spec.learning_rate, run.spec.epochs, run.spec.batch_size) == (1e-4, 200.0, 16)
    assert [reason.partition(":")[0] for reason in run.reasons] == [
        "learning rate 0.0001",
        "200 epochs",
    ]


@pytest.mark.parametrize(
    ("changes", "also"),
    [
        ((("lora", "r=2"),), "learning_rate"),
        ((("batch_size", 4),), "epochs"),
        ((("train_size", 4),), "epochs"),
        ((("settings", (("gradient_accumulation_steps", 2),)),), "epochs"),
    ],
    ids=["lora", "batch size", "train size", "accumulation"],
)
def test_an_open_field_that_an_arm_moves_is_varied_too(
    model: Pretrained, changes: Changes, also: str
) -> None:
    """Else a report would take the arms for two studies, and compare neither with the other."""
    arms = ["plain", Arm("changed", "plain", changes)]
    recipe = Recipe(train_size=40, max_length=16)
    runs = plan([LoadedTask(load_toy())], arms, recipe, (1, 2), model=model)
    assert [run.arm and run.arm["varies"] for run in runs] == [sorted([changes[0][0], also])] * 4
    assert len({getattr(run.spec, also) for run in runs}) == 2


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"class_weights": "balanced"}, "balanced class weights need classes"),
        ({"settings": {"label_smoothing_factor": 0.1}}, "label smoothing needs classes"),
    ],
    ids=["weights", "smoothing"],
)
def test_what_needs_classes(model: Pretrained, changes: dict[str, Any], match: str) -> None:
    task = replace(load_toy(), kind="regression", metric="pearson")
    with pytest.raises(ConfigError, match=match):
        plan([LoadedTask(task)], ["plain"], RECIPE.changed(changes), (1,), model=model)


def test_the_metric_counts_where_it_chooses_the_epoch(model: Pretrained) -> None:
    by = [LoadedTask(replace(load_toy(), metric=metric)) for metric in ("accuracy", "f1_macro")]
    stopping = RECIPE.changed({"dev_size": 8, "patience": 1})
    keys = {
        recipe: [plan([task], ["plain"], recipe, (1,), model=model)[0].spec.key for task in by]
        for recipe in (RECIPE, stopping)
    }
    assert keys[RECIPE][0] == keys[RECIPE][1]
    assert keys[stopping][0] != keys[stopping][1]


def test_every_list_of_methods_for_unlabelled_texts_is_whole() -> None:
    names = methods_on_unlabelled()
    assert names == ["lnsr", "r3f", "r4f", "rdrop", "repina", "smart"]
    (row,) = [line for line in read("train.md") if line.startswith("| `--unlabelled FILE`")]
    (line,) = [line for line in read("loop.md") if "need no labels" in line]
    for text in (row, line, recipe_fields()["unlabelled"].help):
        listed = re.search(r"LNSR.*?(?:and|or) SMART", text)
        assert listed and re.sub("-", "", listed[0].lower()).split(", ")[:4] == names[:4]
        assert "repina" in listed[0].lower()
    with pytest.raises(ConfigError, match="use lnsr, r3f, r4f, rdrop, repina or smart, or leave"):
        require_use_of_unlabelled(Recipe(unlabelled="more.txt"), [Arm("plain", "plain")])


def read(page: str) -> list[str]:
    return (Path(__file__).parents[2] / "docs" / page).read_text().splitlines()
