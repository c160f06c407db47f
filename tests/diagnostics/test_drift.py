"""Distances of weights, part by part, against changes made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from steadytune import ModelError
from steadytune.diagnostics import weight_drift
from steadytune.testing import tiny_classifier, weights

from ..families import NAMES, classifier


def test_nothing_moved() -> None:
    model = tiny_classifier()
    found = weight_drift(model, weights(model))
    assert found.parts == ("below", "layer 1", "layer 2", "layer 3", "above")
    assert not found.relative.any() and not found.new
    assert found.weights.sum() == sum(p.numel() for p in model.parameters())


def test_one_layer_scaled() -> None:
    model, start = tiny_classifier(), tiny_classifier()
    with torch.no_grad():
        for parameter in model.bert.encoder.layer[1].parameters():
            parameter *= 1.25
    found = weight_drift(model, start)
    np.testing.assert_allclose(found.relative, [0, 0, 0.25, 0, 0], rtol=1e-6)
    norm = sum(p.square().sum().item() for p in start.bert.encoder.layer[1].parameters()) ** 0.5
    assert found.distance[2] == pytest.approx(0.25 * norm, rel=1e-6)
    assert found.norm[2] == pytest.approx(norm, rel=1e-6) and found.norm.all()


def test_a_classifier_and_its_bare_encoder() -> None:
    model = tiny_classifier()
    found = weight_drift(model, model.bert)
    assert not found.relative.any()
    assert found.new == ("classifier.weight", "classifier.bias")
    back = weight_drift(model.bert, model)
    assert not back.relative.any() and not back.new


@pytest.mark.parametrize("family", NAMES)
def test_every_family(family: str) -> None:
    found = weight_drift(classifier(family), classifier(family))
    shared = family == "albert"
    assert [p for p in found.parts if p.startswith("layer")] == [
        f"layer {n}" for n in ([1] if shared else [1, 2, 3])
    ]


def test_nothing_in_common() -> None:
    with pytest.raises(ModelError, match="no weight of BertForSequenceClassification"):
        weight_drift(tiny_classifier(), nn.Linear(2, 2))


def test_adapters_that_are_not_merged_are_refused() -> None:
    peft = pytest.importorskip("peft")
    start = tiny_classifier()
    config = peft.LoraConfig(target_modules=["query"], init_lora_weights=False)
    model = peft.get_peft_model(tiny_classifier(), config)
    with pytest.raises(ModelError, match=r"has adapters.*merge_and_unload"):
        weight_drift(model, start)
    merged = weight_drift(model.merge_and_unload(), start)
    assert merged.relative[1:4].all() and not merged.relative[0]
