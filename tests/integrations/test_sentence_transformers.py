"""Methods in sentence-transformers' trainer, through the mixin.

Its losses run the model once for each column of sentences.
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

from steadytune import (
    L2SP,
    LNSR,
    ConfigError,
    Mixout,
    ModelError,
    RDrop,
    Regularizer,
    RegularizerMixin,
)
from steadytune.testing import tiny_classifier

from ..training import arguments

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


def trained(
    folder: Path,
    methods: list[Regularizer],
    loss: Any = losses.MultipleNegativesRankingLoss,
) -> Any:
    rows = {"anchor": ["a good film", "a bad book"] * 4, "positive": ["good", "bad"] * 4}
    model = encoder(folder)
    trainer = SteadyTrainer(
        model=model,
        args=arguments(folder / "out", SentenceTransformerTrainingArguments, max_steps=2),
        train_dataset=Dataset.from_dict(rows),
        loss=loss(model),
        regularizers=methods,
    )
    trainer.train()
    return model.state_dict()


@pytest.mark.parametrize(
    "method",
    [L2SP(strength=5.0), Mixout(p=0.5), LNSR(strength=50.0)],
    ids=lambda m: type(m).__name__,
)
def test_methods_change_what_it_learns(tmp_path: Path, method: Regularizer) -> None:
    plain, treated = trained(tmp_path, []), trained(tmp_path, [method])
    assert any(not torch.equal(plain[name], treated[name]) for name in plain)


def test_a_loss_that_caches_is_refused_by_methods_that_replay_a_pass(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="runs the model without gradients"):
        trained(tmp_path, [LNSR()], losses.CachedMultipleNegativesRankingLoss)


def test_methods_that_compare_predictions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="returned no logits"):
        trained(tmp_path, [RDrop()])
