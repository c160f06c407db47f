"""The floor: features of the frozen model, and a linear model that never sees what it scores."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset

from steadytune.fitting import floor
from steadytune.fitting.floor import Features, features_of, fitted, frozen_model, out_of_fold
from steadytune.fitting.folds import cells_of
from steadytune.fitting.kinds import KINDS
from steadytune.pretrained import Pretrained
from steadytune.tasks import TRAIN, DataSource, Encoding, Task
from tests.finetune.toy_files import write_sentences
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy


def of_examples(values: np.ndarray) -> Features:
    return Features(values, (np.arange(len(values)),))


def test_features_are_means_over_the_tokens_of_each_text(tmp_path: Path) -> None:
    found = Pretrained.find(write_tiny_bert(tmp_path / "tiny"))
    task = load_toy()
    frozen = frozen_model(found, task)
    features = features_of(frozen, task, found, Encoding(64), TRAIN)[TRAIN].values
    model, tokenizer = found.with_head("classification", task.label_names, 0)
    for place in (0, 39):  # of other lengths, so that batches pad one of them
        with torch.inference_mode():
            alone = tokenizer(task.train[place]["sentence"], return_tensors="pt")
            hidden = model.base_model(**alone).last_hidden_state[0]
        np.testing.assert_allclose(features[place], hidden.mean(0).numpy(), atol=1e-5)


def test_classes_that_features_tell_apart_are_told_apart_out_of_fold() -> None:
    task = load_toy()
    truth = np.array(task.train["label"][:])
    noise = np.random.default_rng(0).normal(0, 0.1, (len(truth), 3))
    features = (noise + 2 * truth[:, None]).astype(np.float32)
    held = [np.asarray(places) for places in cells_of(task, 1, 1).values()]
    outputs = out_of_fold(task, of_examples(features), held, 1)
    assert (outputs.argmax(axis=1) == truth).all()
    others = fitted(task, of_examples(features), np.arange(len(truth)), 1)(2 - features)
    assert (others.argmax(axis=1) == 1 - truth).all()


def test_what_no_fold_holds_out_has_no_prediction() -> None:
    task = load_toy()
    features = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    outputs = out_of_fold(task, of_examples(features), [np.arange(8)], 1)
    assert np.isfinite(outputs[:8]).all() and np.isnan(outputs[8:]).all()


def test_one_text_is_fitted_without_folds() -> None:
    """As the rest of two texts is, where one of them is held out."""
    task = load_toy()
    rows = {"sentence": ["good"] * 20 + ["bad"] * 20, "label": [0, 1] * 20, "idx": range(40)}
    task = dataclasses.replace(task, train=Dataset.from_dict(rows), content_hash="")
    features = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    held = [np.asarray(places) for places in cells_of(task, 1, 1).values()]
    assert np.isfinite(out_of_fold(task, of_examples(features), held, 1)).all()


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Task:
    files = write_sentences(tmp_path_factory.mktemp("sentences"))
    return DataSource(train=str(files["train"])).load()


def test_features_of_words_are_those_of_their_first_tokens(tmp_path: Path, sentences: Task) -> None:
    found = Pretrained.find(write_tiny_bert(tmp_path / "tiny"))
    frozen, encoding = frozen_model(found, sentences), Encoding(5)
    features = features_of(frozen, sentences, found, encoding, TRAIN)[TRAIN]
    (word,) = np.flatnonzero((features.where[0] == 7) & (features.where[1] == 2))
    with torch.inference_mode():
        text = sentences.train[7]["tokens"]
        alone = frozen.tokenizer(text, return_tensors="pt", truncation=True, max_length=5)
        place = alone.word_to_tokens(0, 2).start
        hidden = frozen.body(**alone).last_hidden_state[0, place]
    np.testing.assert_allclose(features.values[word], hidden.numpy(), atol=1e-5)
    assert features.where[1].max() == 2  # no more are read


def test_words_that_features_tell_apart_are_told_apart_out_of_fold(sentences: Task) -> None:
    kind = KINDS["tagging"]
    truth = kind.truth(sentences.train, sentences.label_names)
    where = np.nonzero(truth != -1)
    read = where[1] > 0  # as if no first word were read
    where = (where[0][read], where[1][read])
    noise = np.random.default_rng(0).normal(0, 0.1, (len(where[0]), 4))
    features = Features((noise + np.eye(4)[truth[where]]).astype(np.float32), where)
    held = [np.asarray(places) for places in cells_of(sentences, 1, 1).values()]
    outputs = out_of_fold(sentences, features, held, 1)
    assert (outputs[where].argmax(axis=-1) == truth[where]).all()
    assert not outputs[:, 0].any()
    assert kind.measure(sentences, None)(outputs, truth) == 1.0


def test_of_very_many_words_those_of_some_sentences_are_fitted_on(
    sentences: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    head = KINDS["tagging"].linear_model().head
    fit = type(head).fit
    monkeypatch.setattr(floor, "_MOST_WORDS", 60)
    monkeypatch.setattr(
        type(head), "fit", lambda self, x, y: (seen.append(len(x)), fit(self, x, y))[1]
    )
    truth = KINDS["tagging"].truth(sentences.train, sentences.label_names)
    where = np.nonzero(truth != -1)
    values = np.random.default_rng(0).normal(size=(len(where[0]), 3)).astype(np.float32)
    fitted(sentences, Features(values, where), np.arange(len(truth)), 1)
    assert len(where[0]) > 150 and 30 < max(seen) <= 75
