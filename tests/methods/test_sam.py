"""SAM in closed form, its restored weights, what it repeats, and the contract."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import LNSR, SAM, ChildTuning, ConfigError, FreeLB, Regularizer, Step, attach
from steadytune._random import isolated_rng
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    gradients,
    tiny_batch,
    tiny_classifier,
    weights,
)

CPU = torch.device("cpu")


class TestContract(RegularizerContract):
    method = SAM(radius=0.5)
    neutral = SAM(radius=0.0)
    per_example = False  # the norm is that of the batch's gradient


class TestContractOfAdaptive(RegularizerContract):
    method = SAM(radius=0.5, adaptive=True)
    neutral = SAM(radius=0.0, adaptive=True)
    per_example = False
    compiles = False


class Quadratic(nn.Module):
    """loss = 0.5 w^T A w with one frozen and one tied parameter, in float64."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
        self.again = self.weight
        self.frozen = nn.Parameter(torch.ones(3, dtype=torch.float64), requires_grad=False)
        self.curvature = torch.tensor(
            [[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 4.0]], dtype=torch.float64
        )

    def forward(self, scale: float = 1.0) -> dict[str, Tensor]:
        loss = 0.5 * scale * self.weight @ self.curvature @ (self.again * self.frozen)
        return {"loss": loss, "logits": loss}


def test_quadratic_in_closed_form() -> None:
    model = Quadratic()
    w, curvature = model.weight.detach().clone(), model.curvature
    with attach(model, [SAM(radius=0.3)]) as objective:
        loss = objective(Step(model, {}))
        loss.backward()
    g = curvature @ w
    sharpest = w + 0.3 * g / g.norm()
    torch.testing.assert_close(model.weight.grad, curvature @ sharpest, rtol=1e-12, atol=1e-14)
    assert loss.item() == pytest.approx((0.5 * sharpest @ curvature @ sharpest).item(), rel=1e-12)
    assert torch.equal(model.weight, w)
    assert torch.equal(model.frozen, torch.ones(3, dtype=torch.float64))
    assert model.frozen.grad is None


def test_adaptive_steps_in_closed_form() -> None:
    """As davda54/sam climbs: w^2 g / || |w| g ||; scaled weights climb in proportion."""
    model = Quadratic()
    w, curvature = model.weight.detach().clone(), model.curvature
    with attach(model, [SAM(radius=0.3, adaptive=True)]) as objective:
        objective(Step(model, {})).backward()
    g = curvature @ w
    sharpest = w + 0.3 * w**2 * g / (w.abs() * g).norm()
    torch.testing.assert_close(model.weight.grad, curvature @ sharpest, rtol=1e-12, atol=1e-14)
    assert torch.equal(model.weight, w)


def test_accumulated_batches_each_climb_by_themselves() -> None:
    model = Quadratic()
    w, curvature = model.weight.detach().clone(), model.curvature
    with attach(model, [SAM(radius=0.3)]) as objective:
        for scale in (1.0, -3.0):
            step = Step(model, {"scale": scale}, backward=lambda loss: (loss / 2).backward())
            (objective(step) / 2).backward()
    g = curvature @ w / (curvature @ w).norm()
    expected = (curvature @ (w + 0.3 * g) - 3 * curvature @ (w - 0.3 * g)) / 2
    torch.testing.assert_close(model.weight.grad, expected, rtol=1e-12, atol=1e-14)


def test_sending_the_value_back_adds_nothing() -> None:
    model = tiny_classifier()
    with attach(model, [SAM()]) as objective:
        loss = objective(Step(model, tiny_batch()))
        before = gradients(model)
        (0.25 * loss).backward()
    assert_same(gradients(model), before)


def test_weights_come_back_bit_for_bit() -> None:
    model = tiny_classifier()
    before, places = weights(model), [p.data_ptr() for p in model.parameters()]
    with attach(model, [SAM(radius=10.0)]) as objective:
        objective(Step(model, tiny_batch())).backward()
    assert_same(weights(model), before)
    assert [p.data_ptr() for p in model.parameters()] == places


@pytest.mark.parametrize("failing", [1, 2])
def test_an_interrupt_leaves_weights_and_gradients(failing: int) -> None:
    model = tiny_classifier()
    before, calls = weights(model), []

    def look(model: Any, inputs: Any) -> tuple[Tensor, Any]:
        calls.append(1)
        if len(calls) == failing:
            raise KeyboardInterrupt
        outputs = model(**inputs)
        return outputs.loss, outputs

    model.classifier.bias.grad = torch.ones(2)
    with attach(model, [SAM(radius=1.0)]) as objective, pytest.raises(KeyboardInterrupt):
        objective(Step(model, tiny_batch(), compute_loss=look))
    assert_same(weights(model), before)
    assert {name: grad.tolist() for name, grad in gradients(model).items()} == {
        "classifier.bias": [1.0, 1.0]
    }


def test_both_passes_use_the_same_masks_and_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_classifier(dropout=0.3)
    states: list[Tensor] = []
    logged: list[float] = []
    monkeypatch.setattr(Step, "log", lambda step, name, value: logged.append(value.item()))

    def look(model: Any, inputs: Any) -> tuple[Tensor, Any]:
        states.append(torch.get_rng_state())
        outputs = model(**inputs)
        return outputs.loss, outputs

    with attach(model, [LNSR(std=0.1), SAM(radius=1e-6)]) as objective, isolated_rng(CPU, 1):
        objective(Step(model, tiny_batch(), compute_loss=look))
    first, second = logged
    assert torch.equal(*states)
    assert second == pytest.approx(first, rel=1e-3)


def test_global_stream_ends_where_one_pass_leaves_it() -> None:
    ends = []
    for methods in ([], [SAM()]):
        model = tiny_classifier(dropout=0.3)
        with isolated_rng(CPU, 1), attach(model, methods) as objective:
            objective(Step(model, tiny_batch())).backward()
            ends.append(torch.get_rng_state())
    assert torch.equal(*ends)


def test_a_method_after_it_sees_the_weights_as_they_are() -> None:
    model = tiny_classifier(dropout=0.0)
    before, moved = weights(model), []

    def look(model: Any, inputs: Any) -> tuple[Tensor, Any]:
        moved.append(not torch.equal(model.classifier.weight, before["classifier.weight"]))
        outputs = model(**inputs)
        return outputs.loss, outputs

    with attach(model, [SAM(), LNSR()]) as objective:
        objective(Step(model, tiny_batch(), compute_loss=look)).backward()
    assert moved == [False, True, False]


def _gradients(methods: list[Regularizer], model: Any = None) -> dict[str, Tensor]:
    model = model or tiny_classifier(dropout=0.0).double()
    model.zero_grad()
    with attach(model, methods) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        objective(Step(model, tiny_batch())).backward()
    return gradients(model)


@pytest.mark.parametrize("order", [1, -1])
def test_with_an_ascent_that_stands_still_it_is_itself(order: int) -> None:
    """What either sends back early counts as often as it should, on either side."""
    methods: list[Regularizer] = [SAM(radius=0.5), FreeLB(steps=3, step_size=0.0)][::order]
    expected = _gradients([SAM(radius=0.5)])
    for name, value in _gradients(methods).items():
        torch.testing.assert_close(value, expected[name], rtol=1e-8, atol=1e-12)


def test_an_ascent_outside_climbs_along_the_perturbed_pass_alone() -> None:
    """The first pass of SAM leaves no gradient on the perturbation that FreeLB climbs."""
    found = []
    for methods in ([SAM(radius=1e-9), FreeLB(steps=2)], [FreeLB(steps=2)]):
        model = tiny_classifier(dropout=0.0).double()
        shifts: list[Tensor] = []
        with attach(model, methods) as objective:
            model.get_input_embeddings().register_forward_hook(
                lambda module, args, output, shifts=shifts: shifts.append(output.detach())
            )
            objective(Step(model, tiny_batch()))
        found.append(shifts[-1])
    torch.testing.assert_close(found[0], found[1], rtol=1e-6, atol=1e-9)


def test_masked_weights_do_not_climb() -> None:
    model = tiny_classifier(dropout=0.0)
    before, seen = weights(model), {}

    def look(model: Any, inputs: Any) -> tuple[Tensor, Any]:
        seen["moved"] = model.classifier.weight.detach() != before["classifier.weight"]
        outputs = model(**inputs)
        return outputs.loss, outputs

    with attach(model, [ChildTuning(share=0.5), SAM(radius=1.0)]) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        objective(Step(model, tiny_batch(), compute_loss=look)).backward()
    masked = model.classifier.weight.grad == 0
    assert masked.any()
    assert torch.equal(seen["moved"], ~masked)


def test_autocast_runs_the_second_pass_on_the_perturbed_weights() -> None:
    model, batch = tiny_classifier(dropout=0.0), tiny_batch()
    clean = model(**batch).loss.item()
    with attach(model, [SAM(radius=0.2)]) as objective:
        exact = objective(Step(model, batch)).item()
        with torch.autocast("cpu", torch.bfloat16):
            model(**batch)
            rough = objective(Step(model, batch)).item()
    assert exact > clean + 0.02
    assert rough == pytest.approx(exact, abs=2e-3)


def test_regression_head_and_a_single_example() -> None:
    model = tiny_classifier(classes=1)
    with attach(model, [SAM()]) as objective:
        batch = {**tiny_batch(examples=1), "labels": torch.tensor([0.5])}
        assert objective(Step(model, batch)).isfinite()
    assert all(value.isfinite().all() for value in gradients(model).values())


@pytest.mark.parametrize("radius", [-0.1, float("nan")])
def test_impossible_radii_are_refused(radius: float) -> None:
    with pytest.raises(ConfigError, match="radius="):
        SAM(radius=radius)
