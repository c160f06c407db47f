"""Adapters in folders of their own: what PEFT and we read again, and what is refused."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from steadytune import ConfigError, ModelError, adapter_files
from steadytune.adapter_files import save_adapter
from steadytune.finetune.saved import load_saved
from steadytune.pretrained import Pretrained
from steadytune.records.lora import Lora
from steadytune.runs.adapters import merged, with_adapters
from tests.families import CONFIGS, classifier
from tests.finetune.toy_files import (
    QUICK,
    steadytune,
    succeed,
    write_model,
    write_moods,
    write_reviews,
)
from tests.tiny_bert import write_tiny_bert

peft = pytest.importorskip("peft")

NAMES = ("bad", "fine", "good")
LORA = Lora(r=2, save="adapter")


def write(base: Pretrained, folder: Path) -> Any:
    """An adapter of three classes with weights at random; the model that it was saved of."""
    model, tokenizer = base.with_head("classification", NAMES, 0)
    adapted = with_adapters(model, LORA, seed=0).eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))
    save_adapter(adapted, base, folder)
    tokenizer.save_pretrained(folder)
    return adapted


@pytest.mark.parametrize("family", CONFIGS)
def test_every_family_is_read_by_peft_and_by_us(family: str, tmp_path: Path) -> None:
    write_tiny_bert(tmp_path / "base")  # its tokenizer serves all
    classifier(family).base_model.save_pretrained(tmp_path / "base")
    adapted = write(Pretrained.find(tmp_path / "base"), tmp_path / "saved")
    inputs = {"input_ids": torch.tensor([[5, 6, 7, 8]])}
    expected = adapted(**inputs).logits
    theirs = peft.AutoPeftModel.from_pretrained(tmp_path / "saved", num_labels=3).eval()
    torch.testing.assert_close(theirs(**inputs).logits, expected)
    ours = load_saved(tmp_path / "saved")
    assert (ours.kind, ours.label_names) == ("classification", NAMES)
    assert torch.equal(ours.models[0](**inputs).logits, merged(adapted, LORA)(**inputs).logits)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    write_tiny_bert(tmp_path / "base")
    write(Pretrained.find(tmp_path / "base"), tmp_path / "saved")
    return tmp_path / "saved"


def test_the_base_is_named_with_its_hash(saved: Path) -> None:
    base = saved.parent / "base"
    content = json.loads((saved / "base_model.json").read_text())
    assert content == {"model": str(base.resolve()), "hash": Pretrained.find(base).hash}
    assert sum(path.stat().st_size for path in saved.glob("*.safetensors")) < 30_000


def test_it_is_loaded_without_warnings_of_peft(saved: Path) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        load_saved(saved)
    assert not [str(w.message) for w in seen if "checkpointing" in str(w.message)]


def test_a_base_that_is_gone_or_another_is_named(saved: Path) -> None:
    base = saved.parent / "base"
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 1e-3}))
    with pytest.raises(ModelError, match=r"with the hash .* now; restore the files"):
        load_saved(saved)
    shutil.rmtree(base)
    with pytest.raises(ModelError, match="is an adapter, and lacks its model: no model folder"):
        load_saved(saved)


@pytest.mark.parametrize("part", ["classifier", "query.lora_A"])
def test_what_is_damaged_is_refused(saved: Path, part: str) -> None:
    weights = load_file(saved / "adapter_model.safetensors")
    lost = {name: value for name, value in weights.items() if part not in name}
    save_file(lost, saved / "adapter_model.safetensors")
    with pytest.raises(ModelError, match=f"lacks weights .*{part}"):
        load_saved(saved)
    (saved / "base_model.json").write_text("[]")
    with pytest.raises(ModelError, match=r"no base_model\.json that names the model"):
        load_saved(saved)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"peft_type":' * 100_000, "[]", "{}", '{"peft_type": "x"}', "\0"],
    ids=["brackets", "objects", "list", "empty", "other", "zero"],
)
def test_an_odd_file_is_one_line(saved: Path, name: str, content: str) -> None:
    (saved / name).write_text(content)
    with pytest.raises(ModelError) as caught:
        load_saved(saved)
    assert "\n" not in str(caught.value)


def test_nothing_is_trained_on_top_of_it(saved: Path) -> None:
    model = Pretrained.find(saved)
    for attempt in (
        lambda: model.with_head("classification", NAMES, 0),
        lambda: model.empty("classification", NAMES),
        model.bare,
    ):
        with pytest.raises(ModelError, match="`predict` take; give a whole model"):
            attempt()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_files, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"lora needs .*pip install 'steadytune\[peft\]'"):
        adapter_files.require_peft()


@pytest.mark.parametrize("several", [(), ("--seeds", "2", "--keep", "ensemble")], ids=["1", "2"])
def test_it_is_trained_evaluated_and_predicts(tmp_path: Path, several: tuple[str, ...]) -> None:
    files, model, out = write_moods(tmp_path), write_model(tmp_path), tmp_path / "out"
    succeed(
        *("train", "--train", files["train"], "--test", files["test"], "--model", model, *QUICK),
        *("--lora", "r=4,save=adapter", "--dev-size", "12", *several, "--out", out),
    )
    record = json.loads((out / "record.json").read_text())
    assert "save=adapter" in record["spec"]["lora"]
    assert list(out.glob("**/adapter_model.safetensors")) and not list(out.glob("**/model.safe*"))
    succeed("evaluate", out, "--data", files["test"], "--json", tmp_path / "scores.json")
    found = json.loads((tmp_path / "scores.json").read_text())["domains"]["test"]["scores"]
    assert found == pytest.approx(record["results"]["test"], abs=1e-5)
    assert steadytune("predict", out, files["test"]).exit_code == 0
    card = (out / "README.md").read_text()
    assert "library_name: peft" in card and (several or "AutoPeftModel" in card)


def test_weights_of_adapters_make_no_soup(tmp_path: Path) -> None:
    files, model = write_reviews(tmp_path), write_model(tmp_path)
    result = steadytune(
        *("train", "--train", files["train"], "--model", model, "--seeds", "2", "--keep", "soup"),
        *("--lora", "r=4,save=adapter", "--out", tmp_path / "out"),
    )
    assert result.exit_code == 2 and "averages whole weights" in result.stderr


def test_a_study_that_saves_no_models_saves_no_adapters(tmp_path: Path) -> None:
    files, model = write_reviews(tmp_path), write_model(tmp_path)
    result = steadytune(
        *("compare", "--train", files["train"], "--model", model, "--seeds", "1"),
        *("--lora", "r=4,save=adapter", "--out", tmp_path / "out"),
    )
    assert result.exit_code == 2 and "\n" not in result.stderr.strip()
    assert "add --save-models" in result.stderr
