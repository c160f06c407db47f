"""Models: found without a hub, described by their files, refused in one line."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from safetensors.torch import load_file

from steadytune import ConfigError, ModelError
from steadytune.pretrained import MINILM, Pretrained, is_local
from tests.tiny_bert import write_tiny_bert

LABELS = ("negative", "positive")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_bert(tmp_path / "tiny")


def test_minilm_is_the_packaged_folder() -> None:
    found = Pretrained.find(MINILM).folder
    assert (found / "model.safetensors").stat().st_size > 80e6
    assert is_local(MINILM)


def test_minilm_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install 'steadytune\[demo\]'"):
        Pretrained.find(MINILM)


def test_the_hash_follows_the_content(folder: Path, tmp_path: Path) -> None:
    same, other = write_tiny_bert(tmp_path / "same"), write_tiny_bert(tmp_path / "other", seed=1)
    assert Pretrained.find(folder).hash == Pretrained.find(same).hash != Pretrained.find(other).hash
    (folder / "README.md").write_text("words")
    assert Pretrained.find(folder).hash == Pretrained.find(same).hash


def test_the_hash_follows_the_code_that_a_model_brings(folder: Path) -> None:
    before = Pretrained.find(folder).hash
    (folder / "modeling.py").write_text("x = 1")
    assert Pretrained.find(folder).hash == before
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "m.M"}}))
    hashes = {Pretrained.find(folder).hash}
    (folder / "modeling.py").write_text("x = 2")
    hashes.add(Pretrained.find(folder).hash)
    assert len({before, *hashes}) == 3


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_folder_without_a_model_is_refused(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ModelError, match="save_pretrained"):
        Pretrained.find(folder)


def test_weights_are_files(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.unlink()
    weights.symlink_to(folder / "gone")
    with pytest.raises(ModelError, match="is a link to a missing file; expected a file of weights"):
        Pretrained.find(folder)
    weights.unlink()
    weights.mkdir()
    with pytest.raises(ModelError, match="is a folder; expected a file of weights"):
        Pretrained.find(folder)


@pytest.mark.parametrize(
    ("key", "size"), [("num_hidden_layers", -1), ("num_hidden_layers", 0), ("hidden_size", 0.5)]
)
def test_sizes_below_one_are_refused(folder: Path, key: str, size: float) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, key: size}))
    with pytest.raises(ModelError, match=rf"has {key} {size}; expected a whole number from 1 on"):
        Pretrained.find(folder)


def test_the_facts_are_those_of_the_model_in_memory(folder: Path) -> None:
    found = Pretrained.find(folder)
    model, tokenizer = found.with_head("classification", LABELS, 1)
    assert found.family == model.config.model_type == "bert"
    assert found.layers == len(model.bert.encoder.layer)
    assert found.hidden_size == model.config.hidden_size
    assert found.vocabulary == len(tokenizer)
    assert found.positions == model.config.max_position_embeddings
    weights = load_file(folder / "model.safetensors").values()
    assert found.parameters == sum(weight.numel() for weight in weights)
    assert found.kind is None
    model.save_pretrained(folder)
    assert Pretrained.find(folder).kind == "classification"


def test_a_configuration_that_says_little_gives_no_facts(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"architectures": 5, "vocab_size": "many"}))
    found = Pretrained.find(folder)
    assert (found.family, found.architecture, found.kind) == ("", "", None)
    assert (found.layers, found.hidden_size, found.vocabulary, found.positions) == (None,) * 4
    assert found.usual_length("qa") == 384


def test_lengths_stay_within_the_positions(folder: Path) -> None:
    found = Pretrained.find(folder)
    positions = found.positions
    assert positions is not None
    assert found.usual_length("classification") == min(128, positions)
    found.require_positions(positions)
    with pytest.raises(ConfigError, match=f"give a max length of {positions} at most"):
        found.require_positions(positions + 1)


def test_another_process_finds_the_model_by_its_name(folder: Path, tmp_path: Path) -> None:
    found = Pretrained.find(folder)
    assert pickle.loads(pickle.dumps(found)) == found == found.here()
    elsewhere = Pretrained(MINILM, tmp_path / "not on this machine")
    assert elsewhere.here() == Pretrained.find(MINILM)
    with pytest.raises(ModelError, match="no model folder"):
        Pretrained("./nowhere", tmp_path / "not on this machine").here()


def test_a_hash_that_is_remembered_does_not_outlive_the_process(folder: Path) -> None:
    found = Pretrained.find(folder)
    before = found.hash
    write_tiny_bert(folder, seed=1)
    assert found.hash == before
    assert pickle.loads(pickle.dumps(found)).hash == found.here().hash != before


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "~/models/x"])
def test_a_missing_folder_is_not_looked_for_on_the_hub(name: str) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        Pretrained.find(name)


@pytest.mark.parametrize("name", ["nobody/nothing", "bad name!"])
def test_a_hub_name_fails_at_once_when_offline(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"HF_HUB_OFFLINE is set.*or minilm"):
        Pretrained.find(name)
