"""Small decoders as classifiers, from training to prediction, whichever side is padded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from tests.finetune.toy_files import QUICK, succeed, write_reviews
from tests.tiny_bert import WORDS

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": 1,
}


def write_decoder(folder: Path, family: str, side: str) -> Path:
    """A tiny decoder whose tokenizer pads on this side and, as many do, has no pad token.

    It has rows to spare for the special tokens that transformers adds to a family's tokenizer.
    """
    words = ["[UNK]", "[SEP]", *WORDS]
    config = getattr(transformers, f"{family}Config")(vocab_size=len(words) + 8, **SIZES)
    torch.manual_seed(0)
    getattr(transformers, f"{family}Model")(config).save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate(words)}
    fast = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    fast.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=fast, unk_token="[UNK]", eos_token="[SEP]", padding_side=side
    ).save_pretrained(folder)
    return folder


def scores(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("family", ["Qwen2", "Qwen3", "Llama", "SmolLM3"])
def test_padding_on_either_side_gives_the_same_model(family: str, tmp_path: Path) -> None:
    files = write_reviews(tmp_path)
    found = {}
    for side in ("left", "right"):
        model = write_decoder(tmp_path / side, family, side)
        out = tmp_path / f"{side}-trained"
        data = ("--train", files["train"], "--test", files["test"])
        method = ("--method", "mixout", "--lora", "r=4,alpha=8,save=adapter")
        succeed("train", *data, "--model", model, *QUICK, *method, "--out", out)
        succeed("evaluate", out, "--data", files["test"], "--json", tmp_path / f"{side}.json")
        succeed("predict", out, files["test"], "--out", tmp_path / f"{side}.csv")
        record = scores(out / "record.json")
        found[side] = record["results"][record["task"]["in_domain"]]
        evaluated = scores(tmp_path / f"{side}.json")["domains"]["test"]["scores"]
        assert evaluated == pytest.approx(found[side], abs=1e-4)
    assert found["left"] == pytest.approx(found["right"], abs=1e-4)
    assert (tmp_path / "left.csv").read_text().count("\n") == 1 + len(
        files["test"].read_text().splitlines()[1:]
    )
