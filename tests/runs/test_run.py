"""One run: its record, its bits, and what becomes of trouble."""

from __future__ import annotations

import dataclasses
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from steadytune import ConfigError, DataError, ModelError
from steadytune._step import dose
from steadytune.pretrained import Pretrained
from steadytune.records import schema
from steadytune.records.spec import RunSpec
from steadytune.runs import run as run_module
from steadytune.runs.checkpoints import Workspace
from steadytune.runs.run import run
from tests.toy_task import load_toy


def carry_out(spec: RunSpec, **changes: Any) -> dict[str, Any]:
    return run(dataclasses.replace(spec, **changes), load=load_toy).record.content()


def test_what_one_run_switches_does_not_hold_for_the_next(
    spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CUDA_LAUNCH_BLOCKING", "CUBLAS_WORKSPACE_CONFIG", "ASCEND_LAUNCH_BLOCKING"):
        monkeypatch.setenv(name, "")
    for name in ("HCCL_DETERMINISTIC", "FLASH_ATTENTION_DETERMINISTIC"):
        monkeypatch.setenv(name, "")
    assert carry_out(spec, settings=(("full_determinism", True),))["status"] == "ok"
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_record_holds_all_that_its_format_promises(spec: RunSpec) -> None:
    record = carry_out(spec)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert (record["status"], record["reason"], record["version"]) == ("ok", None, 1)
    assert record["spec"] == spec.as_dict() and record["spec_hash"] == spec.hash
    assert record["task"] == {
        "name": "toy",
        "kind": "classification",
        "metric": "accuracy",
        "in_domain": "movie",
        "out_of_domain": ["product"],
        "exposed": [],
        "constant": {"train": 0.5, "movie": 0.5, "product": 0.5},
        "sizes": {"train": 24, "movie": 70, "product": 20},
        "source": "made up for tests",
        "cut": {"train": 0.0, "movie": 0.0, "product": 0.0},
    }
    assert list(record["results"]) == ["train", "movie", "product"]
    assert set(record["results"]["movie"]) >= {"accuracy", "f1", "matthews", "loss"}
    assert record["cost"]["steps"] == 6
    assert 0 < record["cost"]["seconds_per_step"] < record["seconds"]["train"]
    assert record["cost"]["forwards_per_step"] == 1.0
    assert sys.platform != "linux" or record["cost"]["peak_memory_bytes"] > 10_000_000
    assert sum(record["seconds"].values()) < 2 * record["seconds"]["total"]
    assert [entry["step"] for entry in record["history"]] == [1, 2, 3, 4, 5, 6]
    assert record["environment"]["threads"] == 1
    assert (
        record["environment"]["torch"] == torch.__version__.split("+")[0]
        or "+" in (record["environment"]["torch"])
    )
    assert record["started"] <= record["finished"]


def test_a_record_holds_the_strength_that_a_dose_gave(
    spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dose, "WINDOW", 3)
    record = carry_out(spec, method="lnsr:dose=0.1")
    strength = record["findings"]["lnsr_strength"]
    assert strength > 0
    logged = [entry.get("lnsr_strength") for entry in record["history"]]
    assert logged == [None] * 3 + [strength] * 3
    assert schema.Record.model_validate(record).findings["lnsr_strength"] == strength


def test_the_profile_is_taken_before_and_after(spec: RunSpec) -> None:
    profile = carry_out(spec, train_size=16)["profile"]
    for moment in ("before", "after"):
        assert profile[moment]["injection"] == [0, 1, 2]
        assert profile[moment]["examples"] == 64
        assert [len(curve) for curve in profile[moment]["ratio"]] == [4, 3, 2]
    assert profile["before"]["ratio"] != profile["after"]["ratio"]


def test_training_learns_the_task(spec: RunSpec) -> None:
    results = carry_out(spec, epochs=8)["results"]
    assert results["train"]["accuracy"] > 0.8
    assert results["movie"]["accuracy"] > 0.8


@pytest.mark.parametrize("method", ["plain", "lnsr:strength=0.5"])
def test_the_same_spec_gives_the_same_bits(spec: RunSpec, method: str) -> None:
    first = carry_out(spec, method=method)
    torch.rand(3), np.random.rand(), random.random()  # a global stream that is elsewhere
    second = carry_out(spec, method=method)
    for key in ("results", "profile"):
        assert first[key] == second[key]
    losses = [[entry["loss"] for entry in record["history"]] for record in (first, second)]
    assert losses[0] == losses[1]


def test_another_seed_or_method_gives_another_result(spec: RunSpec) -> None:
    records = [carry_out(spec), carry_out(spec, seed=2), carry_out(spec, method="lnsr:strength=9")]
    losses = {record["results"]["movie"]["loss"] for record in records}
    assert len(losses) == 3


def test_methods_are_paired_by_seed(spec: RunSpec) -> None:
    plain = carry_out(spec)
    lnsr = carry_out(spec, method="lnsr:strength=0")
    assert plain["results"] == lnsr["results"]
    assert plain["profile"] == lnsr["profile"]


def test_global_state_is_left_as_it_was(spec: RunSpec) -> None:
    threads, torch_state = torch.get_num_threads(), torch.get_rng_state()
    python_state, numpy_state = random.getstate(), np.random.get_state()[1].copy()
    carry_out(spec, train_size=8, epochs=1)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch_state, torch.get_rng_state())
    assert random.getstate() == python_state
    assert (np.random.get_state()[1] == numpy_state).all()


def test_progress_counts_steps_and_batches(spec: RunSpec) -> None:
    seen: list[tuple[int, int]] = []
    run(spec, lambda done, total: seen.append((done, total)), load_toy)
    total = 6 + 1 + 2 + 1  # steps; batches of train, movie and product
    assert seen == [(done, total) for done in range(1, total + 1)]


def test_nothing_is_printed(spec: RunSpec, capfd: pytest.CaptureFixture[str]) -> None:
    carry_out(spec, epochs=1)
    assert capfd.readouterr() == ("", "")


def test_a_loss_that_is_not_finite_ends_the_run(spec: RunSpec) -> None:
    record = carry_out(spec, learning_rate=1e30)
    assert record["status"] == "diverged"
    assert "step" in record["reason"] or "logits" in record["reason"]
    assert record["results"] == {} and record["profile"] is None
    assert record["task"]["name"] == "toy"
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize("split", ["train", "movie"])
def test_outputs_that_are_not_finite_after_training_are_a_divergence(
    spec: RunSpec, split: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    splits, outputs_of = iter(["train", "movie", "product"]), run_module.model_outputs

    def spoilt(*args: Any) -> Any:
        found = outputs_of(*args)
        if next(splits) == split:
            found["logits"][-1] = np.full_like(found["logits"][-1], np.nan)
        return found

    monkeypatch.setattr(run_module, "model_outputs", spoilt)
    outcome = run(spec, load=load_toy, keep=Workspace(model=tmp_path / "model"))
    assert outcome.record.status == "diverged"
    reason = f"the outputs on {split} were not finite after training"
    assert outcome.record.reason == reason
    assert outcome.record.results == {} and outcome.predictions is None
    assert not (tmp_path / "model").exists()


def test_half_precision_trains_about_the_same(spec: RunSpec) -> None:
    full, half = (carry_out(spec, precision=name) for name in ("fp32", "bf16"))
    assert (full["status"], half["status"]) == ("ok", "ok")
    losses = [[entry["loss"] for entry in record["history"]] for record in (full, half)]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


def test_a_crash_is_a_record(spec: RunSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: Any) -> None:
        raise RuntimeError("out of\nmemory")

    monkeypatch.setattr(run_module, "train", crash)
    record = carry_out(spec)
    assert record["status"] == "failed"
    assert record["reason"].startswith("RuntimeError: out of memory (test_run.py:")
    assert record["task"]["name"] == "toy"


def test_an_interrupt_is_none(spec: RunSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "train", interrupt)
    with pytest.raises(KeyboardInterrupt):
        carry_out(spec)


def test_a_spec_that_cannot_be_run_is_an_error(spec: RunSpec, folder: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean lnsr"):
        carry_out(spec, method="lnrs")
    with pytest.raises(ConfigError, match="layer=3 is out of range"):
        carry_out(spec, method="lnsr:layer=3")
    with pytest.raises(ModelError, match="no model folder"):
        carry_out(spec, model="./nowhere")
    with pytest.raises(DataError, match="plan the study again"):
        carry_out(spec, data_hash="0123")
    with pytest.raises(ModelError, match="plan the study again"):
        carry_out(spec, model_hash="0123")


def test_a_spec_with_the_right_hashes_runs(spec: RunSpec, folder: Path) -> None:
    hashes = {
        "data_hash": load_toy().sample(24, 0, None).content_hash,
        "model_hash": Pretrained.find(folder).hash,
    }
    assert carry_out(spec, epochs=1, **hashes)["status"] == "ok"


def test_a_run_that_is_chosen_by_leaves_the_test_rows_unread(spec: RunSpec) -> None:
    record = carry_out(spec, dev_size=8, scored="dev")
    assert record["status"] == "ok"
    assert list(record["results"]) == ["train", "dev"]
    assert record["profile"]["after"]["examples"] == 8
    both = carry_out(spec, dev_size=8)
    assert list(both["results"]) == ["train", "dev", "movie", "product"]
    assert both["results"]["dev"] == record["results"]["dev"]
