"""Checkpoints: the last whole one counts, and a resumed run ends with the same bits."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune._sealed import seal
from steadytune.records.outcome import Outcome
from steadytune.records.spec import RunSpec
from steadytune.runs.checkpoints import (
    Resumption,
    Workspace,
    find_resumption,
    prune,
    replace_folder,
)
from steadytune.runs.run import run
from tests.toy_task import load_toy


@pytest.fixture
def spec(spec: RunSpec) -> RunSpec:
    return dataclasses.replace(spec, dev_size=12, epochs=3)


def same(one: Outcome, other: Outcome) -> bool:
    assert one.predictions and other.predictions
    return comparable(one) == comparable(other) and all(
        np.array_equal(array, other.predictions[split][column])
        for split, columns in one.predictions.items()
        for column, array in columns.items()
    )


def comparable(outcome: Outcome) -> dict[str, Any]:
    """All of a record but times."""
    record = outcome.record.content()
    cost = {key: record["cost"][key] for key in ("steps", "forwards_per_step")}
    timed = {"started", "finished", "seconds", "cost", "environment"}
    return {key: value for key, value in record.items() if key not in timed} | {"cost": cost}


def stop_at(units: int) -> Any:
    def progress(done: int, total: int) -> None:
        if done == units:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize(
    ("changes", "units"),
    [
        ({"method": "mixout:p=0.3"}, 5),
        ({"method": "lnsr", "epochs": 12}, 32),
        ({"method": "smart"}, 8),
        ({"method": "scheduled(smart:momentum=0.5,late_momentum=0.9):start=2,stop=8"}, 8),
        ({"method": "ema:bias_power=0.2"}, 5),
        ({"method": "ema:bias_power=0.2"}, 10),  # the training has ended, the scoring has not
        ({"method": "deni:copies=2,rounds=1,start=0.3,scope=all,restart=true"}, 7),
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


def test_keeping_a_model_changes_nothing(spec: RunSpec, tmp_path: Path) -> None:
    kept = run(spec, load=load_toy, keep=Workspace(tmp_path / "model"))
    assert same(kept, run(spec, load=load_toy))
    assert {path.name for path in tmp_path.iterdir()} == {"model"}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {
        path.name for path in (tmp_path / "model").iterdir()
    }


def checkpoint(folder: Path, step: int, best: int | None = None, *, sealed: bool = True) -> Path:
    made = folder / f"checkpoint-{step}"
    made.mkdir()
    state = {"best_model_checkpoint": best and f"/elsewhere/checkpoint-{best}"}
    (made / "trainer_state.json").write_text(json.dumps(state))
    (made / "optimizer.pt").write_bytes(b"moments")
    if sealed:
        seal(made)
    return made


def test_a_checkpoint_that_was_not_finished_does_not_count_and_goes(tmp_path: Path) -> None:
    assert find_resumption(tmp_path / "nowhere") == Resumption(None)
    for step in (3, 12):
        checkpoint(tmp_path, step)
    checkpoint(tmp_path, 20, sealed=False)
    assert find_resumption(tmp_path) == Resumption(tmp_path / "checkpoint-12")
    assert not (tmp_path / "checkpoint-20").exists()


def test_checkpoints_of_an_older_version_do_not_go_silently(tmp_path: Path) -> None:
    for step in (3, 12):
        checkpoint(tmp_path, step, sealed=False)
    (note,) = find_resumption(tmp_path).notes
    assert note == (
        f"{tmp_path / 'checkpoint-12'} is not complete, or an older version wrote it: the training "
        "begins at the start"
    )


@pytest.mark.parametrize("state", [b" " * (64 * 2**20 + 1), b"[]"], ids=["large", "list"])
def test_a_state_that_cannot_be_read_is_damage(tmp_path: Path, state: bytes) -> None:
    path = checkpoint(tmp_path, 3, sealed=False)
    (path / "trainer_state.json").write_bytes(state)
    seal(path)
    (note,) = find_resumption(tmp_path).notes
    assert "is damaged (trainer_state.json cannot be read" in note


def test_a_damaged_checkpoint_is_named_and_the_one_before_counts(tmp_path: Path) -> None:
    for step in (3, 12):
        checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-12" / "optimizer.pt").write_bytes(b"momentz")
    found = find_resumption(tmp_path)
    assert found.checkpoint == tmp_path / "checkpoint-3"
    assert found.notes == (
        f"{tmp_path / 'checkpoint-12'} is damaged (optimizer.pt has changed): the training goes on "
        "from checkpoint-3",
    )
    (tmp_path / "checkpoint-3" / "optimizer.pt").unlink()
    (note,) = find_resumption(tmp_path).notes
    assert note.endswith("is damaged (optimizer.pt is missing): the training begins at the start")
    assert list(tmp_path.iterdir()) == []


def test_the_best_checkpoint_counts_too(tmp_path: Path) -> None:
    checkpoint(tmp_path, 3)
    checkpoint(tmp_path, 12, best=3)
    assert find_resumption(tmp_path).checkpoint == tmp_path / "checkpoint-12"
    (tmp_path / "checkpoint-3" / "optimizer.pt").write_bytes(b"")
    found = find_resumption(tmp_path)
    assert found.checkpoint is None
    assert "(of the best one so far, checkpoint-3, optimizer.pt has changed)" in found.notes[0]


def test_the_last_two_and_the_best_are_kept(tmp_path: Path) -> None:
    for step in (4, 8, 12, 100):
        checkpoint(tmp_path, step)
    prune(tmp_path, "elsewhere/checkpoint-4")
    assert {path.name for path in tmp_path.iterdir()} == {
        f"checkpoint-{step}" for step in (4, 12, 100)
    }
    prune(tmp_path, None)
    assert not (tmp_path / "checkpoint-4").exists()


@pytest.mark.parametrize("kept", ["one", "none"])
def test_a_damaged_run_ends_as_an_undamaged_one(spec: RunSpec, tmp_path: Path, kept: str) -> None:
    keep = Workspace(tmp_path / "model", tmp_path / "steps")
    with pytest.raises(KeyboardInterrupt):
        run(spec, stop_at(8), load_toy, keep)
    earlier, last = tmp_path / "steps" / "checkpoint-3", tmp_path / "steps" / "checkpoint-6"
    (last / "scheduler.pt").unlink()
    weights = (earlier / "model.safetensors").read_bytes()
    if kept == "none":
        (earlier / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    assert same(run(spec, load=load_toy, keep=keep), run(spec, load=load_toy))


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
