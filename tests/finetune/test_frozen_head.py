"""A frozen model under a linear layer: what it reads of texts and pairs, saved and loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from steadytune import ModelError
from steadytune.finetune.frozen_head import (
    FrozenHead,
    SavedFrozen,
    linear,
    read_frozen,
    write_frozen,
)
from steadytune.finetune.saved import load_saved, write_ensemble
from steadytune.pretrained import Pretrained
from tests.tiny_bert import write_tiny, write_tiny_bert


@pytest.fixture(name="tiny", scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Pretrained:
    return Pretrained.find(write_tiny_bert(tmp_path_factory.mktemp("model") / "tiny"))


def mean(body: torch.nn.Module, tokenizer: object, text: str) -> torch.Tensor:
    batch = tokenizer(text, return_tensors="pt")  # type: ignore[operator]
    hidden: torch.Tensor = body(**batch).last_hidden_state[0].mean(0)
    return hidden


def test_features_of_pairs_are_those_of_each_text_alone(tiny: Pretrained) -> None:
    body, tokenizer = tiny.bare()
    frozen = FrozenHead(body, tokenizer, 2)
    pairs = [("good film", "bad"), ("a", "good good film")]
    batch = tokenizer(*zip(*pairs, strict=True), padding=True, return_tensors="pt")
    with torch.inference_mode():
        found = frozen(**batch).logits
        for row, (one, other) in zip(found, pairs, strict=True):
            u, v = mean(body, tokenizer, one), mean(body, tokenizer, other)
            expected = torch.cat([u, v, (u - v).abs(), u * v])
            torch.testing.assert_close(row, expected, atol=1e-5, rtol=1e-5)


def test_pads_on_the_left_count_for_nothing(tiny: Pretrained) -> None:
    body, tokenizer = tiny.bare()
    frozen = FrozenHead(body, tokenizer, 2)
    batch = tokenizer(["good"], ["bad film"], return_tensors="pt")
    ids, mask = batch["input_ids"], batch["attention_mask"]
    padded = torch.cat([torch.full((1, 3), tokenizer.pad_token_id), ids], dim=1)
    masked = torch.cat([torch.zeros((1, 3), dtype=mask.dtype), mask], dim=1)
    with torch.inference_mode():
        torch.testing.assert_close(frozen(ids, mask).logits, frozen(padded, masked).logits)


@pytest.mark.parametrize("texts", [1, 2])
def test_features_may_be_narrower_than_the_hidden_size(tmp_path: Path, texts: int) -> None:
    sizes = {"hidden_size": 16, "word_embed_proj_dim": 8, "ffn_dim": 32, "num_hidden_layers": 1}
    more = {"num_attention_heads": 2, "max_position_embeddings": 64, "do_layer_norm_before": False}
    opt = Pretrained.find(write_tiny(tmp_path / "opt", "OPT", pad_token_id=0, **sizes, **more))
    head = linear(torch.ones(2, 8 * (4 if texts == 2 else 1)), torch.zeros(2))
    model = FrozenHead(*opt.bare(), texts, head)
    write_frozen(SavedFrozen(model, "classification", ("a", "b")), tmp_path / "m")
    assert read_frozen(tmp_path / "m").model.texts == texts


def saved(tiny: Pretrained, folder: Path) -> FrozenHead:
    body, tokenizer = tiny.bare()
    draws = torch.Generator().manual_seed(0)
    head = linear(
        torch.randn(3, tiny.hidden_size or 0, generator=draws), torch.arange(3, dtype=torch.float32)
    )
    model = FrozenHead(body, tokenizer, 1, head)
    write_frozen(SavedFrozen(model, "classification", ("a", "b", "c")), folder)
    return model


def test_what_is_written_is_read_again(tiny: Pretrained, tmp_path: Path) -> None:
    model = saved(tiny, tmp_path / "m")
    found = load_saved(tmp_path / "m")
    assert (found.kind, found.label_names) == ("classification", ("a", "b", "c"))
    batch = found.tokenizer(["good film"], return_tensors="pt")
    with torch.inference_mode():
        before, after = model(**batch).logits, found.models[0](**batch).logits
        cooled = model.cooled(4.0)(**batch).logits
    assert torch.equal(before, after)
    torch.testing.assert_close(cooled, before / 4)


def test_members_count_for_what_the_ensemble_says(tiny: Pretrained, tmp_path: Path) -> None:
    saved(tiny, tmp_path / "one")
    other = saved(tiny, tmp_path / "other").cooled(3.0)
    write_frozen(SavedFrozen(other, "classification", ("a", "b", "c")), tmp_path / "other")
    write_ensemble(tmp_path, ["one", "other"], "classification", [0.25, 0.75])
    found = load_saved(tmp_path)
    from datasets import Dataset

    rows = Dataset.from_dict(dict(found.tokenizer(["good film", "bad"])))
    together = torch.tensor(found.outputs(rows, lambda: None)["logits"][0]).softmax(0)
    batch = found.tokenizer(["good film"], return_tensors="pt")
    with torch.inference_mode():
        one, two = (model(**batch).logits[0].softmax(0) for model in found.models)
    torch.testing.assert_close(together, 0.25 * one + 0.75 * two)


@pytest.mark.parametrize("weights", [[1.0], [0, 1], ["a", 1], [1, float("inf")], {}], ids=repr)
def test_weights_that_do_not_fit_are_refused(
    tiny: Pretrained, tmp_path: Path, weights: object
) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    content = {"version": 1, "kind": "classification", "members": ["one", "other"]}
    (tmp_path / "ensemble.json").write_text(json.dumps(content | {"weights": weights}))
    with pytest.raises(ModelError, match="does not weigh its 2 members"):
        load_saved(tmp_path)


def test_damaged_heads_are_refused(tiny: Pretrained, tmp_path: Path) -> None:
    saved(tiny, tmp_path / "m")
    facts = json.loads((tmp_path / "m/frozen_head.json").read_text())
    (tmp_path / "m/frozen_head.json").write_text(json.dumps(facts | {"texts": 2}))
    with pytest.raises(ModelError, match="does not fit the weights"):
        read_frozen(tmp_path / "m")
    (tmp_path / "m/frozen_head.json").write_text(json.dumps(facts | {"label_names": None}))
    with pytest.raises(ModelError, match="cannot be read"):
        read_frozen(tmp_path / "m")
    (tmp_path / "m/frozen_head.json").write_text(json.dumps(facts))
    weights = load_file(tmp_path / "m/frozen_head.safetensors")
    save_file({"weight": weights["weight"]}, tmp_path / "m/frozen_head.safetensors")
    with pytest.raises(ModelError, match="cannot be read"):
        read_frozen(tmp_path / "m")
    (tmp_path / "m/frozen_head.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="cannot be read"):
        read_frozen(tmp_path / "m")
