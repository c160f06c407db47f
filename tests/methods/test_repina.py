"""REPINA against the hidden states of a copy of the pretrained model, and the contract."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from steadytune import REPINA, ConfigError, Step, attach
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    gradients,
    tiny_batch,
    tiny_classifier,
    weights,
)

from ..families import batch, classifier, still


class TestContract(RegularizerContract):
    method = REPINA(strength=3.0)
    neutral = REPINA(strength=0.0)


class TestContractWithoutDropout(RegularizerContract):
    method = REPINA(strength=3.0, layer=1, tokens="all", dropout="off")
    compiles = False


def moved(model: Any) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * parameter.cos()


@pytest.mark.parametrize("layer", [None, 1])
@pytest.mark.parametrize("tokens", ["first", "all"])
def test_value_and_gradient_are_those_of_two_models(layer: int | None, tokens: Any) -> None:
    model, batch = tiny_classifier(dropout=0.0).double(), tiny_batch(examples=4, tokens=9)
    batch["attention_mask"] = batch["attention_mask"].flip(1)  # the first real token is another
    before = copy.deepcopy(model)
    with attach(model, [REPINA(strength=0.7, layer=layer, tokens=tokens)]) as objective:
        moved(model)
        after = weights(model)
        objective(Step(model, batch)).backward()
        found = objective.pop_logs()["repina_penalty"]
    assert_same(weights(model), after)
    given = gradients(model)

    number = -1 if layer is None else layer
    states = [m(**batch, output_hidden_states=True).hidden_states for m in (model, before)]
    squares = (states[0][number] - states[1][number].detach()).square().mean(-1)
    real = batch["attention_mask"].double()
    if tokens == "first":
        penalty = squares[torch.arange(4), real.argmax(1)].mean()
    else:
        penalty = ((squares * real).sum(1) / real.sum(1)).mean()
    assert found == pytest.approx(penalty.item(), rel=1e-6)
    model.zero_grad()
    (model(**batch).loss + 0.7 * penalty).backward()
    for name, value in gradients(model).items():
        torch.testing.assert_close(given[name], value, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("side", ["right", "left"])
def test_in_a_decoder_the_last_token_is_held(side: str) -> None:
    """The first one sees no other, so that it says nothing of its text."""
    model, inputs = still(classifier("gpt2")), batch(side)
    before = copy.deepcopy(model)
    with attach(model, [REPINA(layer=1, dropout="off")]) as objective:
        moved(model)
        objective(Step(model, inputs))
        found = objective.pop_logs()["repina_penalty"]
    states = [m(**inputs, output_hidden_states=True).hidden_states[1] for m in (model, before)]
    real = inputs["attention_mask"]
    last = real.shape[1] - 1 - real.flip(1).argmax(1)
    each = (states[0] - states[1]).square().mean(-1)[torch.arange(len(last)), last]
    assert found == pytest.approx(each.mean().item(), rel=1e-4)


@pytest.mark.parametrize(("dropout", "starts_at_zero"), [("shared", True), ("off", False)])
def test_where_it_starts(dropout: Any, starts_at_zero: bool) -> None:
    model = tiny_classifier(dropout=0.3)
    with attach(model, [REPINA(dropout=dropout)]) as objective:
        objective(Step(model, tiny_batch()))
        assert (objective.pop_logs()["repina_penalty"] == 0) == starts_at_zero


def test_a_layer_that_the_model_lacks_is_refused() -> None:
    with (
        pytest.raises(ConfigError, match="layer=9 is out of range; this model has"),
        attach(tiny_classifier(), [REPINA(layer=9)]),
    ):
        pass


@pytest.mark.parametrize(
    "options", [{"strength": -1.0}, {"layer": 0}, {"tokens": "last"}, {"dropout": "fresh"}]
)
def test_impossible_options_are_refused_in_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))) as caught:
        REPINA(**options)
    assert "\n" not in str(caught.value)
