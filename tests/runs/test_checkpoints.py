"""Checkpoints: the last whole one counts, and a resumed run ends with the same bits."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune.records.outcome import Outcome
from steadytune.records.spec import RunSpec
from steadytune.runs.checkpoints import Workspace, last_checkpoint, replace_folder
from steadytune.runs.run import run
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> RunSpec:
    return make_spec(write_tiny_bert(tmp_path_factory.mktemp("model")))


def make_spec(model: Path) -> RunSpec:
    return RunSpec(
        task="toy",
        method="plain",
        seed=1,
        model=str(model),
        train_size=24,
        dev_size=12,
        epochs=3,
        learning_rate=1e-2,
        batch_size=8,
        max_length=16,
    )


def same(one: Outcome, other: Outcome) -> bool:
    assert one.predictions and other.predictions
    return one.record["results"] == other.record["results"] and all(
        np.array_equal(array, other.predictions[split][column])
        for split, columns in one.predictions.items()
        for column, array in columns.items()
    )


def stop_at(units: int) -> Any:
    def progress(done: int, total: int) -> None:
        if done == units:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize(
    ("changes", "units"),
    [
        ({"method": "mixout:p=0.3"}, 5),
        ({"method": "smart"}, 8),
        ({"method": "ema:bias_power=0.2"}, 5),
        ({"method": "ema:bias_power=0.2"}, 10),  # the training has ended, the scoring has not
        ({"settings": {"save_strategy": "steps", "save_steps": 2}}, 6),
        ({"epochs": 2.5, "settings": {"save_strategy": "steps", "save_steps": 4}}, 10),
        ({"patience": 1, "epochs": 6, "learning_rate": 1e-6}, 25),
        ({"patience": 2, "epochs": 3, "group_by_length": False}, 10),
    ],
)
def test_a_stopped_run_goes_on(
    spec: RunSpec, tmp_path: Path, changes: dict[str, Any], units: int
) -> None:
    changed = dataclasses.replace(spec, **changes)
    keep = Workspace(tmp_path / "model", tmp_path / "steps")
    with pytest.raises(KeyboardInterrupt):
        run(changed, stop_at(units), load_toy, keep)
    seen: list[tuple[int, int]] = []
    resumed = run(changed, lambda done, total: seen.append((done, total)), load_toy, keep)
    assert seen[0][0] > 1
    whole = run(changed, load=load_toy)
    assert same(resumed, whole)
    assert (tmp_path / "model" / "model.safetensors").is_file()
    assert resumed.record["cost"]["steps"] == whole.record["cost"]["steps"]


def test_keeping_a_model_changes_nothing(spec: RunSpec, tmp_path: Path) -> None:
    kept = run(spec, load=load_toy, keep=Workspace(tmp_path / "model"))
    assert same(kept, run(spec, load=load_toy))
    assert {path.name for path in tmp_path.iterdir()} == {"model"}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {
        path.name for path in (tmp_path / "model").iterdir()
    }


def test_a_checkpoint_that_is_not_whole_does_not_count(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path / "nowhere") is None
    for step, state in ((3, "{}"), (12, "{}"), (20, '{"epoch'), (30, None)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if state is not None:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-12"


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    replace_folder(folder, lambda into: (into / "a").write_text("first"))

    def fail(into: Path) -> None:
        (into / "a").write_text("second")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        replace_folder(folder, fail)
    assert (folder / "a").read_text() == "first"
    replace_folder(folder, lambda into: (into / "b").write_text("third"))
    assert [path.name for path in folder.iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
