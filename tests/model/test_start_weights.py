"""Copies of weights, by name."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from steadytune._model.start_weights import StartWeights


def test_copies_stay_when_the_parameter_moves() -> None:
    layer = nn.Linear(3, 2)
    before = layer.weight.detach().clone()
    starts = StartWeights(layer, ["weight"])
    with torch.no_grad():
        layer.weight.add_(1)
    parameter, start = starts.pair("weight")
    assert parameter is layer.weight
    assert torch.equal(start, before) and not start.requires_grad
    assert "weight" in starts and "bias" not in starts


def test_they_follow_dtype_and_device() -> None:
    layer = nn.Linear(3, 2)
    starts = StartWeights(layer, ["weight"])
    layer.to(torch.float64)
    assert starts.pair("weight")[1].dtype == torch.float64
    layer.to("meta")
    assert starts.pair("weight")[1].device.type == "meta"


def test_names_that_are_trained() -> None:
    layer = nn.Linear(3, 2)
    starts = StartWeights(layer, ["weight", "bias"])
    layer.bias.requires_grad_(False)
    assert starts.trainable() == ["weight"]


def test_a_parameter_that_is_gone_is_not_passed_over() -> None:
    layer = nn.Linear(3, 2)
    starts = StartWeights(layer, ["weight"])
    del layer.weight
    with pytest.raises(AttributeError):
        starts.pair("weight")


def test_what_bears_the_name_now_is_meant() -> None:
    """A parameter or a module may have been put in the place of another, or compiled."""
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    starts = StartWeights(model, ["0.weight", "1.weight"])
    model[0].weight = nn.Parameter(torch.zeros(2, 3))
    assert starts.pair("0.weight")[0] is model[0].weight
    model[1] = nn.Linear(2, 2)
    assert starts.pair("1.weight")[0] is model[1].weight
    plain = model[1]
    model[1] = torch.compile(plain)  # type: ignore[assignment]
    assert starts.pair("1.weight")[0] is plain.weight


def test_a_step_does_not_resolve_names_the_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Sequential(nn.Linear(3, 2))
    starts = StartWeights(layer, ["0.weight", "0.bias"])
    monkeypatch.delattr(nn.Module, "get_parameter")
    assert starts.trainable() == ["0.weight", "0.bias"]
    assert starts.pair("0.bias")[0] is layer[0].bias
