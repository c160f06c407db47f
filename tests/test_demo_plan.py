"""The plan of a demo: options read from text, and runs that are paired by seed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune.demo_plan import Options, make_plan, read_methods, read_seeds
from steadytune.tasks import TASKS, NamedTask
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", (1, 2, 3)), ("1", (1,)), ("3,7,11", (3, 7, 11)), ("5,", (5,)), (" 2 , 0 ", (2, 0))],
)
def test_seeds_are_a_count_or_a_list(text: str, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["0", "", ",", "-3", "three", "1.5", "3,x", "3,-1", "10001"])
def test_other_seeds_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"seeds.*(count|possible)"):
        read_seeds(text)


def test_methods_are_named_as_records_name_them() -> None:
    assert read_methods("plain,LNSR:strength=10,std=5e-1") == ("plain", "lnsr:std=0.5")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": (3, 3)}, "seed 3 stands twice"),
        ({"methods": ("lnsr", "plain", "lnsr")}, "method lnsr stands twice"),
        ({"seeds": ()}, "no seed is given"),
        ({"workers": -1}, "workers=-1"),
    ],
)
def test_impossible_options_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Options(**changes)


def test_the_command_makes_the_same_options() -> None:
    assert Options().command == "steadytune demo --seeds 3 --methods plain,lnsr"
    options = Options(seeds=(7,), methods=("lnsr:targets=(1,2)",), out=Path("a b"), epochs=2.0)
    words = shlex.split(options.command)
    assert words[2:6] == ["--seeds", "7,", "--methods", "lnsr:targets=(1,2)"]
    assert words[6:] == ["--out", "a b", "--epochs", "2.0"]


def test_a_plan_pairs_methods_by_seed_and_knows_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", load_toy))
    model = str(write_tiny_bert(tmp_path / "model"))
    sizes = {"train_size": 16, "eval_size": 20}
    options = Options(seeds=(1, 2), task="toy", model=model, **sizes)
    plan = make_plan(options)
    assert [(spec.seed, spec.method) for spec in plan.specs] == [
        (seed, method) for seed in (1, 2) for method in options.methods
    ]
    shared = {(s.data_hash, s.model_hash, s.subset_seed, s.threads) for s in plan.specs}
    assert len(shared) == 1
    assert all(shared.pop()[:2])
    assert plan.task["sizes"] == {"train": 16, "movie": 20, "product": 20}


def test_methods_may_be_given_one_by_one() -> None:
    assert read_methods(None, ["plain", "lnsr:std=0.5,layer=1"]) == (
        "plain",
        "lnsr:std=0.5,layer=1",
    )
    assert read_methods(None) == ("plain", "lnsr")
    with pytest.raises(ConfigError, match="both given"):
        read_methods("plain", ["lnsr"])
