"""NSO in closed form, its restored weights, its draws, and the contract."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import LNSR, NSO, ConfigError, Step, attach
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    gradients,
    tiny_batch,
    tiny_classifier,
    weights,
)


class TestContract(RegularizerContract):
    method = NSO(std=0.1)
    neutral = NSO(std=0.0)
    draws = True


class TestContractOfSeveralDraws(RegularizerContract):
    method = NSO(std=0.1, draws=2)
    draws = True
    compiles = False


class Power(nn.Module):
    """loss = sum of w^p over two parameters, in float64; one more is frozen."""

    def __init__(self, power: int) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
        self.b = nn.Parameter(torch.linspace(-1, 1, 2000, dtype=torch.float64))
        self.frozen = nn.Parameter(torch.ones(1, dtype=torch.float64), requires_grad=False)
        self.power = power

    def forward(self) -> dict[str, Tensor]:
        assert self.frozen.item() == 1.0
        return {"loss": (self.a**self.power).sum() + (self.b**self.power).sum()}


def trained(power: int, **options: Any) -> tuple[Power, float]:
    model = Power(power)
    with attach(model, [NSO(**options)]) as objective:
        loss = objective(Step(model, {}))
        loss.backward()
    return model, loss.item()


def test_slope_of_a_quadratic_is_that_at_the_weights_and_its_value_is_higher() -> None:
    model, loss = trained(2, std=0.3)
    for parameter in (model.a, model.b):
        torch.testing.assert_close(parameter.grad, 2 * parameter.detach(), rtol=1e-12, atol=1e-14)
    added = loss - sum(p.detach().square().sum().item() for p in (model.a, model.b))
    assert added == pytest.approx(2002 * 0.09, rel=0.1)  # z^T H z / 2 with H = 2


def test_of_a_cubic_the_squares_of_the_noise_remain() -> None:
    model, loss = trained(3, std=0.3)
    expected = 0.0
    for parameter in (model.a, model.b):
        w = parameter.detach()
        assert parameter.grad is not None
        squares = parameter.grad / 3 - w.square()
        assert squares.min() > 0
        expected += (w**3 + 3 * w * squares).sum().item()
    assert squares.mean().item() == pytest.approx(0.09, rel=0.1)
    assert loss == pytest.approx(expected, rel=1e-10)


def test_more_draws_average_more_squares() -> None:
    spread = [
        (model.b.grad / 3 - model.b.detach().square()).std().item()
        for model, _ in (trained(3, std=0.3, draws=draws) for draws in (1, 16))
        if model.b.grad is not None
    ]
    assert spread[1] == pytest.approx(spread[0] / 4, rel=0.1)


def test_weights_come_back_bit_for_bit_and_the_value_adds_nothing() -> None:
    model = tiny_classifier()
    before, places = weights(model), [p.data_ptr() for p in model.parameters()]
    with attach(model, [NSO(std=1.0)]) as objective:
        loss = objective(Step(model, tiny_batch()))
        sent = gradients(model)
        (0.25 * loss).backward()
    assert_same(gradients(model), sent)
    assert_same(weights(model), before)
    assert [p.data_ptr() for p in model.parameters()] == places


@pytest.mark.parametrize("failing", [1, 2])
def test_an_interrupt_leaves_the_weights(failing: int) -> None:
    model = tiny_classifier()
    before, calls = weights(model), []

    def look(model: Any, inputs: Any) -> tuple[Tensor, Any]:
        calls.append(1)
        if len(calls) == failing:
            raise KeyboardInterrupt
        outputs = model(**inputs)
        return outputs.loss, outputs

    with attach(model, [NSO(std=1.0)]) as objective, pytest.raises(KeyboardInterrupt):
        objective(Step(model, tiny_batch(), compute_loss=look))
    assert_same(weights(model), before)


def test_both_points_have_the_same_masks_and_lie_on_opposite_sides() -> None:
    model = tiny_classifier(dropout=0.3)
    before, seen, states = weights(model), [], []

    def look(model: Any, inputs: Any) -> tuple[Tensor, Any]:
        states.append(torch.get_rng_state())
        seen.append(model.classifier.weight.detach() - before["classifier.weight"])
        outputs = model(**inputs)
        return outputs.loss, outputs

    with attach(model, [NSO(std=0.1)]) as objective:
        objective(Step(model, tiny_batch(), compute_loss=look))
    assert torch.equal(*states)
    assert seen[0].std().item() == pytest.approx(0.1, rel=0.3)
    torch.testing.assert_close(seen[0], -seen[1], rtol=1e-5, atol=1e-7)


def test_a_method_after_it_sees_the_weights_as_they_are() -> None:
    model = tiny_classifier(dropout=0.0)
    before, moved = weights(model), []

    def look(model: Any, inputs: Any) -> tuple[Tensor, Any]:
        moved.append(not torch.equal(model.classifier.weight, before["classifier.weight"]))
        outputs = model(**inputs)
        return outputs.loss, outputs

    with attach(model, [NSO(), LNSR()]) as objective:
        objective(Step(model, tiny_batch(), compute_loss=look)).backward()
    assert moved == [True, True, False]


@pytest.mark.parametrize("options", [{"std": -0.1}, {"std": float("nan")}, {"draws": 0}])
def test_impossible_options_are_refused_in_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(options))}=") as caught:
        NSO(**options)
    assert "\n" not in str(caught.value)
