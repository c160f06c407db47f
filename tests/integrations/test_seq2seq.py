"""Methods in transformers' Seq2SeqTrainer, through the mixin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import Seq2SeqTrainingArguments

from steadytune import LNSR, ModelError, RDrop, Regularizer

from ..model.two_stacks import batch, two_stacks
from ..training import arguments, rows
from .trainers import recipes


def data() -> list[dict[str, Any]]:
    """The targets are the inputs; pads are left out of the loss."""
    inputs = batch(examples=8)
    return rows(
        {**inputs, "labels": inputs["input_ids"].masked_fill(inputs["input_ids"] == 1, -100)}
    )


def trained(folder: Path, methods: Any, steps: int = 2, **given: Any) -> Any:
    settings = arguments(
        folder,
        Seq2SeqTrainingArguments,
        max_steps=steps,
        logging_steps=20,
        predict_with_generate=True,
    )
    trainer = recipes("Sequence to sequence")["SteadySeq2SeqTrainer"](
        model=two_stacks("T5", "ConditionalGeneration"),
        args=settings,
        train_dataset=data(),
        methods=methods,
        **{"layers": "both", **given},
    )
    trainer.train()
    return trainer


@pytest.mark.parametrize("method", [LNSR(), RDrop()], ids=lambda m: type(m).__name__)
def test_it_learns_and_generates(tmp_path: Path, method: Regularizer) -> None:
    trainer = trained(tmp_path, [method], steps=60)
    first, *_, last = (entry["loss"] for entry in trainer.state.log_history if "loss" in entry)
    assert last < first
    found = trainer.predict(data(), max_new_tokens=6)
    assert np.asarray(found.predictions).dtype.kind == "i"  # token ids, from generate()


def test_a_stack_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="layers="):
        trained(tmp_path, [LNSR()], layers=None)


def test_noise_at_std_zero_is_no_penalty(tmp_path: Path) -> None:
    plain = trained(tmp_path, []).model.state_dict()
    still = trained(tmp_path, [LNSR(std=0.0)]).model.state_dict()
    for name in plain:
        torch.testing.assert_close(still[name], plain[name], rtol=1e-4, atol=1e-6)
