"""The numbers at the top of a diagnosis."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from steadytune._page.content import Figure
from steadytune.diagnostics import Representations, noise_profile, weight_drift
from steadytune.diagnostics.command.diagnosis import Diagnosis
from steadytune.diagnostics.command.sections import sections
from steadytune.diagnostics.command.summary import summary
from steadytune.testing import tiny_batch, tiny_classifier
from tests.diagnostics.command.measured import measured


def test_the_drift_of_all_weights_counts_parts_that_have_not_moved() -> None:
    model, start = tiny_classifier(), tiny_classifier()
    with torch.no_grad():
        for parameter in model.bert.encoder.layer[0].parameters():
            parameter *= 1.5
    squares = {n: p.square().sum().item() for n, p in start.named_parameters()}
    moved = sum(value for name, value in squares.items() if "encoder.layer.0." in name)
    profile = noise_profile(start, [tiny_batch()])
    one = measured("m", profile, drift=weight_drift(model, start))
    found = Diagnosis((one,), {}, ("text",), "made up", 0.05)
    (drift,) = (figure.value for figure in summary(found)["m"] if figure.key == "drift")
    assert drift == pytest.approx(100 * 0.5 * (moved / sum(squares.values())) ** 0.5, rel=1e-6)


def test_a_single_example_has_no_in_manifold_noise() -> None:
    model, batches = tiny_classifier(), [tiny_batch(examples=1)]
    gaussian, other = (noise_profile(model, batches, noise=n) for n in ("gaussian", "in-manifold"))
    found = Diagnosis((measured("m", gaussian, in_manifold=other),), {}, ("text",), "made up", 0.05)
    assert "top_in_manifold" not in {figure.key for figure in summary(found)["m"]}
    captions = {
        section.title: part.caption
        for section in sections(found)
        for part in section.parts
        if isinstance(part, Figure)
    }
    assert "100 % of the tokens" in captions["How in-manifold noise fades through the layers"]
    assert "of the tokens" not in captions["How Gaussian noise fades through the layers"]


def test_a_model_that_is_the_same_for_all_examples_shows_it() -> None:
    profile = noise_profile(tiny_classifier(), [tiny_batch()])
    layers = (np.eye(3, dtype=np.float32), np.ones((3, 3), dtype=np.float32))
    one = measured("m", profile, means=Representations("mean", layers))
    figures = {f.key: f for f in summary(Diagnosis((one,), {}, (), "made up", 0.05))["m"]}
    assert figures["scatter"].value == pytest.approx(0.0) and figures["scatter"].text == "0 %"
