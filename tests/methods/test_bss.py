"""Batch spectral shrinkage against singular values of hidden states, and the contract."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from steadytune import BSS, ConfigError, Step, attach
from steadytune.testing import RegularizerContract, tiny_batch, tiny_classifier, train_steps

from ..families import batch, classifier, still


class TestContract(RegularizerContract):
    method = BSS(strength=0.1)
    neutral = BSS(strength=0.0)
    per_example = False


class TestContractOfTheMean(RegularizerContract):
    method = BSS(strength=0.1, smallest=2, feature="mean")
    per_example = False
    compiles = False


def shrinkage(model: Any, batch: dict[str, Tensor], **options: Any) -> float:
    with attach(model, [BSS(**options)]) as objective:
        objective(Step(model, batch))
        return objective.pop_logs()["bss_penalty"]


@pytest.mark.parametrize(
    ("feature", "positions"), [("first", [0, 0, 0, 0]), ("last", [8, 3, 8, 3])]
)
def test_features_are_one_token_of_the_top_hidden_state(feature: str, positions: list[int]) -> None:
    model, batch = tiny_classifier(dropout=0.0), tiny_batch(examples=4, tokens=9)
    hidden = model(**batch, output_hidden_states=True).hidden_states[-1]
    chosen = hidden[torch.arange(4), positions]
    expected = torch.linalg.svdvals(chosen)[-2:].square().sum().item()
    assert shrinkage(model, batch, smallest=2, feature=feature) == pytest.approx(expected, rel=1e-3)


def test_of_a_decoder_the_first_token_is_the_last() -> None:
    """All texts begin alike: their first states are one vector, of which nothing can shrink."""
    model, inputs = still(classifier("gpt2")), batch()
    inputs["input_ids"][:, 0] = 1
    found = {feature: shrinkage(model, inputs, feature=feature) for feature in ("first", "last")}
    assert found["first"] == found["last"] > 1e-6


def test_mean_is_over_real_tokens() -> None:
    model, batch = tiny_classifier(dropout=0.0), tiny_batch(examples=4, tokens=9)
    hidden = model(**batch, output_hidden_states=True).hidden_states[-1]
    rows = [h[m.bool()].mean(0) for h, m in zip(hidden, batch["attention_mask"], strict=True)]
    expected = torch.linalg.svdvals(torch.stack(rows))[-1].square().item()
    assert shrinkage(model, batch, feature="mean") == pytest.approx(expected, rel=1e-3)


def test_pads_on_the_left_are_passed_over() -> None:
    model, batch = tiny_classifier(dropout=0.0), tiny_batch(examples=4, tokens=9)
    batch["attention_mask"] = batch["attention_mask"].flip(1)
    hidden = model(**batch, output_hidden_states=True).hidden_states[-1]
    chosen = hidden[torch.arange(4), [0, 5, 0, 5]]
    expected = torch.linalg.svdvals(chosen)[-2:].square().sum().item()
    assert expected > 1
    assert shrinkage(model, batch, smallest=2) == pytest.approx(expected, rel=1e-3)


def test_one_example_is_plain_training() -> None:
    plain, treated = tiny_classifier(), tiny_classifier()
    batch = tiny_batch(examples=1)
    assert train_steps(plain, [], [batch]) == train_steps(treated, [BSS(strength=1.0)], [batch])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(dtype: torch.dtype) -> None:
    model = tiny_classifier(dropout=0.0)
    with torch.autocast("cpu", dtype), attach(model, [BSS(strength=1.0)]) as objective:
        objective(Step(model, tiny_batch())).backward()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


@pytest.mark.parametrize(
    "options",
    [{"strength": -1.0}, {"smallest": 0}, {"feature": "pooled"}, {"strength": float("inf")}],
)
def test_impossible_options_are_refused_in_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))) as caught:
        BSS(**options)
    assert "\n" not in str(caught.value)
