"""The floor: features of the frozen model, and a linear model that never sees what it scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from steadytune.fitting.floor import features_of, fitted, frozen_model, out_of_fold
from steadytune.fitting.folds import cells_of
from steadytune.pretrained import Pretrained
from steadytune.tasks import TRAIN
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy


def test_features_are_means_over_the_tokens_of_each_text(tmp_path: Path) -> None:
    found = Pretrained.find(write_tiny_bert(tmp_path / "tiny"))
    task = load_toy()
    features = features_of(frozen_model(found, task), task, found, 64, TRAIN)[TRAIN]
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
    outputs = out_of_fold(task, features, held, 1)
    assert (outputs.argmax(axis=1) == truth).all()
    others = fitted(task, features, np.arange(len(truth)), 1)(2 - features)
    assert (others.argmax(axis=1) == 1 - truth).all()


def test_what_no_fold_holds_out_has_no_prediction() -> None:
    task = load_toy()
    features = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    outputs = out_of_fold(task, features, [np.arange(8)], 1)
    assert np.isfinite(outputs[:8]).all() and np.isnan(outputs[8:]).all()
