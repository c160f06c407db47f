"""The numbers at the top of a diagnosis."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from steadytune._page.content import Figure
from steadytune.diagnostics import Representations, noise_profile, weight_drift
from steadytune.diagnostics.command.diagnosis import Diagnosis
from steadytune.diagnostics.command.sections import sections
from steadytune.diagnostics.command.summary import advice, summary
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
    assert advice(found).startswith('What to do: diagnose "m" together')
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
    assert advice(Diagnosis((one,), {}, (), "made up", 0.05)).startswith(
        'What to do: check the scores of "m" first, since its examples lie only 0 % apart'
    )


def test_the_advice_names_the_model_that_noise_moves_least_and_both_numbers() -> None:
    models = []
    for label, factor in (("a", 1.0), ("b", 0.5)):
        profile = noise_profile(tiny_classifier(), [tiny_batch()])
        smaller = tuple(found * factor for found in profile.example_ratio)
        profile = dataclasses.replace(profile, example_ratio=smaller)
        models.append(measured(label, profile, means=_apart()))
    a, b = (f"{100 * float(m.gaussian.ratio[0][-1]):.3g} %" for m in models)
    said = advice(Diagnosis(tuple(models), {}, (), "made up", 0.05))
    assert said.startswith('What to do: test "b"') and f'({b}, then "a" with {a})' in said
    twin = dataclasses.replace(models[0], label="c")
    same = advice(Diagnosis((models[0], twin), {}, (), "made up", 0.05))
    assert "equally far" in same
    alone = advice(Diagnosis((models[0],), {}, (), "made up", 0.05))
    assert alone.startswith('What to do: diagnose "a" together') and a in alone


def _apart() -> Representations:
    return Representations("mean", (np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)))
