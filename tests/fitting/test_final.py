"""What is kept: an ensemble where it pays, its logits divided by the temperature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from steadytune._sealed import SEAL, seal
from steadytune.fitting.candidates import Candidate
from steadytune.fitting.final import calibrate, cool, last_linear, write_cooled
from steadytune.fitting.forms import ENSEMBLE, SINGLE, Parts
from steadytune.fitting.judge import Judge, OutOfFold
from steadytune.fitting.kinds import KINDS
from steadytune.fitting.measure import Measure
from steadytune.pretrained import Pretrained
from tests.tiny_bert import write_tiny_bert

ACCURACY = Measure("accuracy", lambda p, t: float((p == t).mean()), percent=True)


def parts(
    truth: np.ndarray,
    outputs: np.ndarray,
    kind: str = "classification",
    measure: Measure = ACCURACY,
) -> Parts:
    found = OutOfFold(Candidate("plain", 1e-4, 3.0), outputs)
    return Parts(Judge(measure, truth, 0, KINDS[kind]), found, np.zeros(outputs.shape[1:]))


def test_dividing_the_last_layer_divides_the_logits(tmp_path: Path) -> None:
    folder = write_tiny_bert(tmp_path / "tiny")
    model, tokenizer = Pretrained.find(folder).with_head("classification", ("a", "b", "c"), 0)
    batch = tokenizer(["good film", "bad"], padding=True, return_tensors="pt")
    with torch.inference_mode():
        before = model(**batch).logits
        cool(model, 2.5)
        after = model(**batch).logits
    torch.testing.assert_close(after, before / 2.5)


def test_a_divided_copy_has_no_hashes_of_the_weights_before(tmp_path: Path) -> None:
    start = Pretrained.find(write_tiny_bert(tmp_path / "tiny"))
    model, tokenizer = start.with_head("classification", ("a", "b", "c"), 0)
    model.save_pretrained(tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    seal(tmp_path / "m")
    write_cooled(tmp_path / "m", tmp_path / "cooled", "classification", 2.0, {})
    names = {path.name for path in (tmp_path / "cooled").iterdir()}
    assert "model.safetensors" in names and SEAL not in names


def test_heads_that_end_in_something_else_have_no_last_layer(tmp_path: Path) -> None:
    folder = write_tiny_bert(tmp_path / "tiny")
    model, _ = Pretrained.find(folder).with_head("classification", ("a", "b", "c"), 0)
    assert last_linear(model) is model.classifier
    model.classifier = torch.nn.Sequential(torch.nn.Linear(8, 3), torch.nn.LayerNorm(3))
    assert last_linear(model) is None
    model.classifier = torch.nn.Linear(model.config.hidden_size, 4)
    assert last_linear(model) is None


def test_calibration_needs_fifty_examples() -> None:
    draws = np.random.default_rng(0)
    truth = draws.integers(0, 2, 200)
    logits = 5 * (2.0 * np.eye(2)[truth] - 1) * draws.normal(0.3, 1, 200)[:, None]
    found = calibrate(parts(truth, logits[None]), SINGLE)
    assert found.temperature is not None and found.temperature > 1.5
    assert found.loss_before is not None and found.loss_after is not None
    assert found.loss_after < found.loss_before - 0.1
    few = calibrate(parts(truth[:49], logits[None, :49]), SINGLE)
    assert few.temperature is None


def test_an_example_said_twice_is_held_out_as_one() -> None:
    draws = np.random.default_rng(0)
    truth = draws.integers(0, 2, 60)
    logits = 5 * (2.0 * np.eye(2)[truth] - 1) * draws.normal(0.3, 1, 60)[:, None]
    once, twice = (calibrate(parts(truth, np.stack([logits] * count)), SINGLE) for count in (1, 2))
    assert once.loss_after is not None
    assert twice.loss_after == pytest.approx(once.loss_after, abs=1e-6)


def test_numbers_get_a_width() -> None:
    truth = np.linspace(0, 1, 99)
    found = calibrate(parts(truth, (truth + 0.5)[None, :, None], "regression"), ENSEMBLE)
    assert found.width == pytest.approx(0.5)
    assert found.temperature is None
