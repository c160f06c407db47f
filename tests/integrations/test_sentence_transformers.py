"""Methods in sentence-transformers' trainer, through the mixin.

Its losses run the model once for each column of sentences: methods in weight space fit that,
methods that replay one recorded pass do not and say so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer import losses, modules
from transformers import BertTokenizerFast

from steadytune import L2SP, LNSR, Mixout, ModelError, Regularizer, RegularizerMixin
from steadytune.testing import tiny_classifier

pytestmark = pytest.mark.filterwarnings("default")


WORDS = ["a", "good", "bad", "film", "book"]


class SteadyTrainer(RegularizerMixin, SentenceTransformerTrainer):
    """Their trainer with methods."""


def encoder(folder: Path) -> SentenceTransformer:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    tiny_classifier().bert.save_pretrained(folder)
    word = modules.Transformer(str(folder), max_seq_length=8)
    return SentenceTransformer(modules=[word, modules.Pooling(32)], device="cpu")


def trained(folder: Path, methods: list[Regularizer]) -> Any:
    rows = {"anchor": ["a good film", "a bad book"] * 4, "positive": ["good", "bad"] * 4}
    model = encoder(folder)
    trainer = SteadyTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(folder / "out"),
            max_steps=2,
            per_device_train_batch_size=4,
            learning_rate=1e-2,
            use_cpu=True,
            report_to="none",
            disable_tqdm=True,
            save_strategy="no",
            dataloader_pin_memory=False,
        ),
        train_dataset=Dataset.from_dict(rows),
        loss=losses.MultipleNegativesRankingLoss(model),
        regularizers=methods,
    )
    trainer.train()
    return model.state_dict()


@pytest.mark.parametrize(
    "method", [L2SP(strength=5.0), Mixout(p=0.5)], ids=lambda m: type(m).__name__
)
def test_methods_in_weight_space(tmp_path: Path, method: Regularizer) -> None:
    plain, treated = trained(tmp_path, []), trained(tmp_path, [method])
    assert any(not torch.equal(plain[name], treated[name]) for name in plain)


def test_methods_that_replay_a_pass_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="called the blocks 6 times, not 3"):
        trained(tmp_path, [LNSR()])
