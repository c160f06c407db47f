"""The planner: a pure function from tasks, methods, a recipe and seeds to runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune.pretrained import Pretrained
from steadytune.records.recipe import Recipe
from steadytune.runs.plan import Arm, LoadedTask, plan
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


def test_what_is_open_is_settled_with_a_reason(model: Pretrained) -> None:
    (run,) = plan([LoadedTask(load_toy())], ["plain"], Recipe(train_size=8), (1,), model=model)
    assert (run.spec.learning_rate, run.spec.epochs, run.spec.batch_size) == (1e-4, 200.0, 16)
    assert [reason.partition(":")[0] for reason in run.reasons] == [
        "learning rate 0.0001",
        "200 epochs",
    ]


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
