"""Models: loaded with a head of its own seed, refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from steadytune import ModelError
from steadytune.pretrained import Pretrained
from tests.tiny_bert import write_tiny_bert

LABELS = ("negative", "positive")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_bert(tmp_path / "tiny")


def test_the_head_depends_on_its_seed_and_the_rest_does_not(folder: Path) -> None:
    first, second, other = (
        Pretrained.find(folder).with_head("classification", LABELS, seed)[0].state_dict()
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    different = {name for name in first if not torch.equal(first[name], other[name])}
    assert different == {"classifier.weight"}


def test_loading_leaves_the_global_random_state(folder: Path) -> None:
    before = torch.get_rng_state()
    Pretrained.find(folder).with_head("classification", LABELS, 1)
    assert torch.equal(before, torch.get_rng_state())


def test_the_model_is_float32_and_knows_its_labels(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    save_file(
        {k: v.half() for k, v in weights.items()}, folder / "model.safetensors", {"format": "pt"}
    )
    model, tokenizer = Pretrained.find(folder).with_head("classification", ("a", "b", "c"), 1)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert model.config.id2label == {0: "a", 1: "b", 2: "c"}
    assert tokenizer("good film")["input_ids"]


def test_pads_stand_right_of_contexts_whose_answers_have_places(folder: Path) -> None:
    settings = folder / "tokenizer_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "padding_side": "left"}))
    sides = {
        kind: Pretrained.find(folder).with_head(kind, LABELS, 1)[1].padding_side
        for kind in ("classification", "regression", "qa")
    }
    assert sides == {"classification": "left", "regression": "left", "qa": "right"}


def test_nothing_is_printed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Pretrained.find(folder).with_head("classification", LABELS, 1)
    assert capfd.readouterr() == ("", "")


def test_a_head_of_another_size_is_made_anew(folder: Path) -> None:
    model, _ = Pretrained.find(folder).with_head("classification", ("a", "b", "c"), 1)
    model.save_pretrained(folder)
    assert Pretrained.find(folder).with_head("classification", LABELS, 1)[
        0
    ].classifier.weight.shape == (
        2,
        16,
    )


@pytest.mark.parametrize("names", [("positive", "negative"), ("0", "1")])
def test_a_head_for_other_classes_is_drawn_anew(
    names: tuple[str, str], folder: Path, tmp_path: Path
) -> None:
    """It would begin with its classes exchanged, and all seeds would share it."""
    trained, tokenizer = Pretrained.find(folder).with_head("classification", LABELS, 1)
    with torch.no_grad():
        trained.classifier.bias += 1.0
    trained.save_pretrained(tmp_path / "trained")
    tokenizer.save_pretrained(tmp_path / "trained")
    found = Pretrained.find(tmp_path / "trained")
    same, _ = found.with_head("classification", LABELS, 2)
    assert torch.equal(same.classifier.weight, trained.classifier.weight)
    first, again, other = (
        found.with_head("classification", names, seed)[0].classifier for seed in (1, 1, 2)
    )
    assert torch.equal(first.weight, again.weight)
    assert not torch.equal(first.weight, other.weight)
    assert not torch.equal(first.weight, trained.classifier.weight) and not first.bias.any()
    assert torch.equal(
        same.bert.embeddings.word_embeddings.weight, trained.bert.embeddings.word_embeddings.weight
    )


def test_an_empty_classifier_has_the_layers_but_no_weights(folder: Path) -> None:
    model = Pretrained.find(folder).empty("classification", LABELS)
    assert len(model.bert.encoder.layer) == 3
    assert {p.device.type for p in model.parameters()} == {"meta"}


def test_an_encoder_without_weights_is_refused(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    kept = {k: v for k, v in weights.items() if "layer.1." not in k}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"lack 16 tensors .*layer\.1\."):
        Pretrained.find(folder).with_head("classification", LABELS, 1)


def test_an_encoder_of_other_shapes_is_refused(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    name = next(key for key in weights if "layer.1.attention.self.query.weight" in key)
    weights[name] = weights[name][:, :8].clone()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"do not fit its config\.json, such as .*layer\.1\."):
        Pretrained.find(folder).with_head("classification", LABELS, 1)


def test_broken_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        Pretrained.find(folder).with_head("classification", LABELS, 1)
    assert "\n" not in str(caught.value)


def test_an_unknown_kind_of_model_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "nothing"}))
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        Pretrained.find(folder).empty("classification", LABELS)
    assert "\n" not in str(caught.value)
