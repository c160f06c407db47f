"""Windows train a model that answers questions, under every method."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from datasets import Dataset
from transformers import DataCollatorWithPadding, TrainingArguments

from steadytune import LNSR, RegularizedTrainer, Regularizer
from steadytune._random import isolated_rng
from steadytune.runs.evaluation import model_outputs
from steadytune.tasks import Encoding
from steadytune.tasks.question_answering import QuestionAnswering
from steadytune.testing import train_steps, weights
from tests.families import CONFIGS
from tests.method_settings import SETTINGS
from tests.tasks.tiny_tokenizers import tokenizer_like

CONTEXTS = ["the date is 2035, and it was wrong", "in that year the date was known to who it was"]
ANSWERS = ["2035", "the date"]


QA = QuestionAnswering()
COLUMNS = ("question", "context")


@cache
def windows() -> Dataset:
    """Six features of four rows; those of the second and fourth are two windows each."""
    rows = Dataset.from_dict(
        {
            "question": ["what was it?"] * 4,
            "context": CONTEXTS * 2,
            "answers": [
                {"text": [answer], "answer_start": [context.index(answer)]}
                for answer, context in zip(ANSWERS * 2, CONTEXTS * 2, strict=True)
            ],
        }
    )
    encoding = Encoding(max_length=16, stride=4)
    return QA.encode(rows, COLUMNS, tokenizer_like("bert"), encoding).dataset


def model(family: str = "bert", **changes: Any) -> Any:
    name, options = CONFIGS[family]
    options = {**options, "vocab_size": 300, "pad_token_id": 0, **changes}
    config = getattr(transformers, f"{name}Config")(**options)
    with isolated_rng(torch.device("cpu"), 0):
        return transformers.AutoModelForQuestionAnswering.from_config(config).train()


def train(folder: Path, methods: list[Regularizer], **settings: Any) -> tuple[Any, list[float]]:
    """Train, two steps by default: the model, and the loss of each step."""
    trained = model(**settings.pop("model", {}))
    rows = settings.pop("rows", windows())
    settings = {"per_device_train_batch_size": 3, "max_steps": 2, "logging_steps": 1, **settings}
    trainer = RegularizedTrainer(
        trained,
        TrainingArguments(
            folder, report_to=[], save_strategy="no", use_cpu=True, disable_tqdm=True, **settings
        ),
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(tokenizer_like("bert")),
        regularizers=methods,
    )
    trainer.train()
    return trained, [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.fixture(scope="module")
def plain_losses(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    return train(tmp_path_factory.mktemp("plain"), [])[1]


def test_the_features_are_those_meant() -> None:
    assert len(windows()) == 6
    # Two of the windows lack the answer.
    assert windows()["start_positions"][:].count(0) == 2


@pytest.mark.parametrize("name", SETTINGS)
def test_every_method_trains(name: str, tmp_path: Path, plain_losses: list[float]) -> None:
    before = weights(model())
    trained, losses = train(tmp_path, [SETTINGS[name]])
    assert len(losses) == 2 and all(0 < loss < 100 for loss in losses)
    assert (losses == plain_losses) == (name == "EMA"), "only EMA leaves training as it is"
    moved = weights(trained)
    assert not torch.equal(moved["qa_outputs.weight"], before["qa_outputs.weight"])


@pytest.mark.parametrize("name", ["LNSR", "SMART", "R3F", "RDrop"])
def test_penalties_grow_with_the_strength(name: str, tmp_path: Path) -> None:
    means = []
    for strength in (1.0, 3.0):
        method = replace(SETTINGS[name], strength=strength)  # type: ignore[type-var]
        means.append(train(tmp_path, [method])[1][0])
    without = train(tmp_path, [replace(SETTINGS[name], strength=0.0)])[1][0]  # type: ignore[type-var]
    assert means[0] > without
    assert means[1] - without == pytest.approx(3 * (means[0] - without), rel=1e-2, abs=2e-4)


@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize("name", ["FreeLB", "LNSR", "SMART"])
def test_every_family_trains(family: str, name: str) -> None:
    collate = DataCollatorWithPadding(tokenizer_like("bert"))
    names = ["input_ids", "attention_mask", "start_positions", "end_positions"]
    features = windows().select_columns(names)
    batches = [dict(collate([features[i] for i in part])) for part in ((0, 1, 2), (3, 4, 5))]
    plain = train_steps(model(family), [], batches)
    losses = train_steps(model(family), [SETTINGS[name]], batches)
    assert losses != plain and all(0 < loss < 100 for loss in losses)


def test_micro_batches_are_as_one_batch(tmp_path: Path) -> None:
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    whole = train(
        tmp_path, [], model=still, per_device_train_batch_size=6, max_steps=1, optim="sgd"
    )[0]
    parts = train(
        tmp_path,
        [],
        model=still,
        per_device_train_batch_size=2,
        gradient_accumulation_steps=3,
        max_steps=1,
        optim="sgd",
    )[0]
    for name, value in weights(whole).items():
        torch.testing.assert_close(weights(parts)[name], value)


def findable(count: int, seed: int) -> Dataset:
    """Rows whose answer is the one number in their context, wherever it stands."""
    draws = random.Random(seed)
    words = ["the", "date", "of", "year", "is", "wrong", "and", "what"]
    rows: dict[str, list[Any]] = {"question": ["what?"] * count, "context": [], "answers": []}
    for _ in range(count):
        number = str(draws.randint(2000, 2099))
        before, after = (draws.choices(words, k=draws.randint(0, 7)) for _ in range(2))
        rows["context"].append(" ".join([*before, number, *after]))
        start = len(" ".join([*before, ""]))
        rows["answers"].append({"text": [number], "answer_start": [start]})
    return Dataset.from_dict(rows)


def test_it_learns_to_find_the_answer(tmp_path: Path) -> None:
    tokenizer, encoding = tokenizer_like("bert"), Encoding(max_length=14, stride=5)
    test = findable(60, seed=1)
    train_on = QA.encode(findable(400, seed=0), COLUMNS, tokenizer, encoding)
    encoded = QA.encode(test, COLUMNS, tokenizer, encoding)
    assert encoded.cut > 5
    trained, _ = train(
        tmp_path,
        [LNSR(strength=10)],
        rows=train_on.dataset,
        per_device_train_batch_size=16,
        max_steps=80,
        learning_rate=5e-3,
    )
    outputs = model_outputs(trained, tokenizer, encoded.dataset, QA, lambda: None)
    scores = QA.score(QA.predict(outputs, encoded, test), test)
    assert scores["exact_match"] is not None and scores["exact_match"] > 0.9
