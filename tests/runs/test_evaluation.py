"""Evaluation: logits in the order of the rows, whatever rows share a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset

from steadytune.diagnostics import noise_profile
from steadytune.pretrained import Pretrained
from steadytune.runs.evaluation import are_finite, attenuation, batch_count, model_outputs
from steadytune.tasks import PROBLEMS
from tests.tiny_bert import write_tiny_bert
from tests.tiny_seq2seq import write_tiny_bart, write_tiny_t5
from tests.toy_task import load_toy

CLASSES = PROBLEMS["classification"]


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, object, object]:
    folder: Path = write_tiny_bert(tmp_path_factory.mktemp("model"))
    model, tokenizer = Pretrained.find(folder).with_head("classification", ("no", "yes"), 1)
    return model, tokenizer, load_toy().encode("movie", tokenizer, 16)


def test_logits_stand_in_the_order_of_the_rows(setup: tuple[object, object, object]) -> None:
    model, tokenizer, rows = setup
    batches: list[int] = []
    found = model_outputs(model, tokenizer, rows, CLASSES, lambda: batches.append(1))["logits"]
    assert len(batches) == batch_count(len(rows)) == 2
    with torch.no_grad():
        alone = [
            model(torch.tensor([row["input_ids"]])).logits.numpy()[0]  # type: ignore[operator]
            for row in rows
        ]
    assert np.allclose(found, alone, atol=1e-6)


def test_dropout_is_off(setup: tuple[object, object, object]) -> None:
    model, tokenizer, rows = setup
    model.train()  # type: ignore[attr-defined]
    first = model_outputs(model, tokenizer, rows, CLASSES, lambda: None)["logits"]
    assert np.array_equal(
        first, model_outputs(model, tokenizer, rows, CLASSES, lambda: None)["logits"]
    )


def test_attenuation_repeats_its_draws(setup: tuple[object, object, object]) -> None:
    first, second = attenuation(*setup), attenuation(*setup)
    assert first is not None
    assert first == second
    assert first["examples"] == 64
    assert [curve[0] for curve in first["ratio"]] == pytest.approx([0.05] * 3)


@pytest.mark.parametrize("write", [write_tiny_t5, write_tiny_bart])
def test_the_profile_of_two_stacks_is_the_encoders(tmp_path: Path, write: Any) -> None:
    model, tokenizer = Pretrained.find(write(tmp_path)).with_head("seq2seq", (), 0)
    rows = Dataset.from_dict(dict(tokenizer(["one two", "three", "four five one"])))
    found = attenuation(model, tokenizer, rows)
    assert found is not None and found["injection"] == [0, 1] and found["examples"] == 3
    order = sorted(range(3), key=lambda place: len(rows[place]["input_ids"]))
    batch = tokenizer.pad([rows[place] for place in order], return_tensors="pt")
    batch = {name: batch[name] for name in ("input_ids", "attention_mask")}
    alone = noise_profile(
        model, [batch | {"decoder_input_ids": batch["input_ids"]}], layers="encoder"
    )
    for ours, theirs in zip(found["ratio"], alone.ratio, strict=True):
        assert ours == pytest.approx(theirs.tolist(), rel=1e-4)


def test_the_profile_spends_little_on_padding(setup: tuple[object, object, object]) -> None:
    model, _, rows = setup
    seen: list[tuple[int, ...]] = []
    hook = model.register_forward_pre_hook(  # type: ignore[attr-defined]
        lambda _, __, inputs: seen.append(tuple(inputs["input_ids"].shape)), with_kwargs=True
    )
    attenuation(*setup)
    hook.remove()
    lengths = sorted(len(ids) for ids in rows["input_ids"][:64])  # type: ignore[index]
    assert seen == [(16, max(lengths[start : start + 16])) for start in range(0, 64, 16)]
    assert len(set(lengths)) > 1


def test_a_model_without_findable_layers_has_no_profile(
    setup: tuple[object, object, object],
) -> None:
    _, tokenizer, rows = setup
    assert attenuation(torch.nn.Linear(2, 2), tokenizer, rows) is None


def test_an_output_that_is_not_finite_is_found() -> None:
    fine = {"logits": [np.zeros(2, np.float32)]}
    assert are_finite(fine)
    assert not are_finite({**fine, "others": [np.array([0, np.nan], np.float32)]})
