"""Runs that train low-rank adapters: they start at the model, end as a plain one, and go on."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from steadytune import ConfigError
from steadytune._model.head import new_parameters
from steadytune.pretrained import Pretrained
from steadytune.records.lora import Lora
from steadytune.records.recipe import Recipe
from steadytune.records.spec import RunSpec
from steadytune.runs.adapters import merged, with_adapters
from steadytune.runs.checkpoints import Workspace
from steadytune.runs.class_weights import weighted_loss
from steadytune.runs.preflight import require_fit
from steadytune.runs.run import run
from steadytune.runs.settle import settle
from tests.families import CONFIGS, classifier
from tests.toy_task import load_toy

pytest.importorskip("peft")

LABELS = ("no", "yes")


@pytest.fixture
def spec(spec: RunSpec) -> RunSpec:
    return dataclasses.replace(spec, epochs=3, lora="r=4")


@pytest.mark.parametrize("family", CONFIGS)
def test_only_adapters_and_the_head_are_trained(family: str) -> None:
    model = classifier(family).eval()
    head = {name for name in new_parameters(model)}
    inputs = {"input_ids": torch.tensor([[5, 6, 7, 8]])}
    before = model(**inputs).logits
    adapted = with_adapters(model, Lora(r=2), seed=3).eval()
    assert torch.equal(adapted(**inputs).logits, before)
    trained = {name for name, p in adapted.named_parameters() if p.requires_grad}
    of_head = {name for name in trained if "lora_" not in name}
    assert len(of_head) == len(head) and len(trained) > len(of_head)
    with torch.no_grad():
        for name, p in adapted.named_parameters():
            if name in trained:
                p.add_(0.05)
    outputs = adapted(**inputs).logits
    plain = merged(adapted, Lora(r=2))
    assert type(plain) is type(classifier(family))
    assert not any("lora" in name or "modules_to_save" in name for name in plain.state_dict())
    torch.testing.assert_close(plain(**inputs).logits, outputs, rtol=1e-4, atol=1e-5)


def test_the_seed_decides_how_they_begin() -> None:
    def start(seed: int) -> dict[str, torch.Tensor]:
        model = with_adapters(classifier("bert"), Lora(), seed)
        return {n: p for n, p in model.named_parameters() if "lora_A" in n}

    first, again, other = start(1), start(1), start(2)
    assert all(torch.equal(first[n], again[n]) for n in first)
    assert not any(torch.equal(first[n], other[n]) for n in first)


def run_of(spec: RunSpec, keep: Workspace | None = None) -> dict[str, Any]:
    return run(spec, load=load_toy, keep=keep).record.content()


def test_a_run_learns_and_leaves_a_plain_model(spec: RunSpec, folder: Path, tmp_path: Path) -> None:
    spec = dataclasses.replace(spec, epochs=12)
    record = run_of(spec, Workspace(tmp_path / "model"))
    assert record["status"] == "ok" and record["spec"]["lora"] == str(Lora(r=4))
    losses = [entry["loss"] for entry in record["history"]]
    assert losses[-1] < 0.7 * losses[0]
    trained = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    start, _ = Pretrained.find(folder).with_head("classification", LABELS, 0)
    moved = {
        name
        for name, value in trained.state_dict().items()
        if not torch.equal(value, start.state_dict()[name])
    }
    # Linear layers and the head moved; embeddings and norms are as they were.
    assert any(name.endswith("query.weight") for name in moved)
    assert not any("embeddings" in name or "LayerNorm" in name for name in moved)


def test_it_is_another_run_than_one_without(spec: RunSpec) -> None:
    plain = dataclasses.replace(spec, lora=None)
    assert plain.hash != spec.hash
    assert run_of(plain)["results"] != run_of(spec)["results"]


@pytest.mark.parametrize(
    "method",
    ["lnsr:strength=5", "mixout", "l2sp", "smart", "ema", "deni:copies=2,rounds=1"],
)
def test_methods_act_on_what_is_trained(spec: RunSpec, method: str) -> None:
    treated = run_of(dataclasses.replace(spec, method=method))
    assert treated["status"] == "ok"
    assert treated["results"] != run_of(spec)["results"]


def test_the_head_is_fitted_first_where_it_is_wanted(spec: RunSpec) -> None:
    changed = run_of(dataclasses.replace(spec, head_first=True))
    assert changed["status"] == "ok" and changed["results"] != run_of(spec)["results"]


def test_classes_are_weighed() -> None:
    model = with_adapters(classifier("bert"), Lora(), seed=0).eval()
    batch = {"input_ids": torch.tensor([[5, 6, 7], [8, 9, 7]]), "labels": torch.tensor([0, 0])}
    loss = model(**batch).loss
    with weighted_loss(model, torch.tensor([3.0, 1.0])):
        torch.testing.assert_close(model(**batch).loss, 3 * loss)


def test_a_stopped_run_ends_with_the_same_bits(spec: RunSpec, tmp_path: Path) -> None:
    whole, parts = (Workspace(tmp_path / n / "m", tmp_path / n / "c") for n in ("a", "b"))
    run_of(spec, whole)

    class Stopped(BaseException):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 5:
            raise Stopped

    with pytest.raises(Stopped):
        run(spec, stop, load=load_toy, keep=parts)
    assert list((tmp_path / "b" / "c").glob("checkpoint-*"))
    run_of(spec, parts)
    ours, theirs = ((tmp_path / n / "m" / "model.safetensors").read_bytes() for n in ("a", "b"))
    assert ours == theirs


def test_early_stopping_takes_the_best_adapters(spec: RunSpec, tmp_path: Path) -> None:
    record = run_of(dataclasses.replace(spec, dev_size=16, patience=1, epochs=4))
    assert record["status"] == "ok"


def test_the_usual_rate_is_ten_times_that_of_all_weights(folder: Path) -> None:
    model = Pretrained.find(folder)
    whole = settle(Recipe(), model, "classification", 100).recipe
    found = settle(Recipe(lora="r=8"), model, "classification", 100)
    assert found.recipe.learning_rate == pytest.approx(10 * (whole.learning_rate or 0))
    assert any("LoRA" in reason for reason in found.reasons)


def test_modules_that_are_not_there_are_refused_before_the_first_run(folder: Path) -> None:
    model = Pretrained.find(folder)
    require_fit(model, "classification", LABELS, ["plain", "lnsr"], "r=8")
    with pytest.raises(ConfigError, match=r"lora: .* on q_proj: .*among query, key, value"):
        require_fit(model, "classification", LABELS, ["plain"], "targets=q_proj")


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        ("query+valeu", r"valeu is not the end of a module's name; did you mean value\?"),
        ("query+all-linear", "all-linear is not the end"),
        ("query+lue", "lue is not the end"),
        ("query+classifier", "classifier is not the end"),
    ],
)
def test_a_target_without_a_module_is_refused_beside_right_ones(targets: str, told: str) -> None:
    with pytest.raises(ConfigError, match=rf"^lora: .*{told}.*among query, key, value"):
        with_adapters(classifier("bert"), Lora.parse(f"targets={targets}"), seed=0)


def test_targets_may_have_several_steps() -> None:
    model = with_adapters(classifier("bert"), Lora.parse("targets=self.query + value"), seed=0)
    adapted = {n.split(".lora_A")[0] for n, _ in model.named_parameters() if ".lora_A" in n}
    assert {name.rpartition(".")[2] for name in adapted} == {"query", "value"}


def test_a_run_that_saves_the_adapter_scores_as_one_that_merges(
    spec: RunSpec, tmp_path: Path
) -> None:
    whole = run_of(spec, Workspace(tmp_path / "whole"))
    alone = run_of(dataclasses.replace(spec, lora="r=4,save=adapter"), Workspace(tmp_path / "a"))
    assert alone["results"] == whole["results"] and alone["profile"] == whole["profile"]
    model, _ = Pretrained.find(tmp_path / "a").whole("classification")
    expected, _ = Pretrained.find(tmp_path / "whole").whole("classification")
    assert type(model) is type(expected)
    for name, value in expected.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name
    assert not list((tmp_path / "a").glob("model*"))
