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
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer import losses, modules
from sklearn.linear_model import LogisticRegression
from transformers import BertTokenizerFast

from steadytune import (
    L2SP,
    LNSR,
    ConfigError,
    HyPe,
    InputNoise,
    Mixout,
    ModelError,
    RDrop,
    Regularizer,
)
from steadytune.testing import tiny_classifier

from ..training import arguments
from .trainers import recipes

pytestmark = pytest.mark.filterwarnings("default")


WORDS = ["a", "good", "bad", "film", "book"]


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
    trainer = recipes("TRL", "sentence-transformers")["SteadySentenceTrainer"](
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


@pytest.mark.parametrize("method", [LNSR(), HyPe(), InputNoise()], ids=lambda m: type(m).__name__)
def test_a_loss_that_caches_is_refused_by_methods_on_blocks(
    tmp_path: Path, method: Regularizer
) -> None:
    with pytest.raises(ModelError, match="runs the model without gradients"):
        trained(tmp_path, [method], losses.CachedMultipleNegativesRankingLoss)


def test_methods_that_compare_predictions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="returned no logits"):
        trained(tmp_path, [RDrop()])


def trained_by_setfit(folder: Path, methods: list[Regularizer]) -> Any:
    setfit = pytest.importorskip("setfit")
    body = encoder(folder)  # its first step has a rate of 0
    model = setfit.SetFitModel(model_body=body, model_head=LogisticRegression())
    args = setfit.TrainingArguments(
        output_dir=str(folder / "setfit"), max_steps=3, batch_size=4, report_to="none"
    )
    trainer = recipes("TRL", "SetFit")["SteadySetFitTrainer"](
        model, args, methods=methods, train_dataset=Dataset.from_dict(TEXTS)
    )
    trainer.train()
    return body.state_dict()


TEXTS = {"text": ["a good film", "a bad film", "good book", "bad book"] * 2, "label": [1, 0] * 4}
