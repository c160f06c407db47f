"""Methods in TRL's SFTTrainer, through the mixin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig

from steadytune import L2SP, LNSR, Mixout, Regularizer
from steadytune._random import isolated_rng

from ..training import arguments
from .trainers import recipes

pytestmark = pytest.mark.filterwarnings("default")  # TRL warns of what is to come in TRL


WORDS = ["the", "film", "was", "good", "bad", "long", "and", "short"]


def tokenizer() -> PreTrainedTokenizerFast:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = ["<pad>", "<eos>", "<unk>", *WORDS]
    backend = Tokenizer(WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )


def trained(folder: Path, methods: list[Regularizer]) -> Any:
    config = LlamaConfig(
        vocab_size=16,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=1,
    )
    with isolated_rng(torch.device("cpu"), 0):
        model = LlamaForCausalLM(config)
    settings = arguments(
        folder,
        SFTConfig,
        max_steps=2,
        per_device_train_batch_size=2,
        gradient_accumulation_steps=2,
        bf16=False,
        logging_steps=1,
    )
    rows = [{"text": "the film was good and short"}, {"text": "the film was bad"}] * 4
    trainer = recipes("TRL")["SteadySFTTrainer"](
        model=model,
        args=settings,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer(),
        regularizers=methods,
    )
    trainer.train()
    return trainer


@pytest.mark.parametrize(
    "method",
    [LNSR(strength=5.0), L2SP(strength=0.5), Mixout(p=0.5)],
    ids=lambda m: type(m).__name__,
)
def test_methods_change_what_it_learns(tmp_path: Path, method: Regularizer) -> None:
    plain, treated = trained(tmp_path, []), trained(tmp_path, [method])
    left, right = plain.model.state_dict(), treated.model.state_dict()
    assert any(not torch.equal(left[name], right[name]) for name in left)
    losses = [entry["loss"] for entry in treated.state.log_history if "loss" in entry]
    assert len(losses) == 2 and all(loss > 0 for loss in losses)


def test_penalties_reach_its_log(tmp_path: Path) -> None:
    logged = trained(tmp_path, [LNSR()]).state.log_history
    assert all(entry["lnsr_penalty"] > 0 for entry in logged if "loss" in entry)
