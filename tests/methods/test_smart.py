"""SMART: the contract, precision, cost, and what it goes together with."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from steadytune import LNSR, SMART, ConfigError, FreeLB, Regularizer, Step, attach
from steadytune.testing import (
    RegularizerContract,
    gradients,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)

from .. import families
from .smart_measured import measured, smoothness


class TestContract(RegularizerContract):
    method = SMART(radius=0.05, step_size=0.05, std=0.01, strength=3.0, momentum=0.5)
    neutral = SMART(radius=0.0, momentum=0.0)
    draws = True


class TestContractOfTheOtherOptions(RegularizerContract):
    method = SMART(
        radius=0.5, step_size=0.2, steps=2, std=0.01, norm="l2", dropout="off", detach_clean=True
    )
    neutral = SMART(strength=0.0, proximal_strength=0.0, dropout="off")
    draws = True


class TestHalfPrecision:
    """Starting noise that the rounding of the logits swallows still leads somewhere."""

    @pytest.mark.parametrize("std", [0.0, 1e-5, 1e-3])
    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    @pytest.mark.parametrize("by", ["autocast", "weights"])
    def test_ascent_leads_where_float64_leads_up_to_its_sign(
        self, shifts: list[Tensor], std: float, by: str, dtype: torch.dtype
    ) -> None:
        options = {"radius": 1.0, "step_size": 0.1, "std": std, "proximal_strength": 0.0}
        exact = tiny_classifier(dropout=0.0).double()
        measured(exact, SMART(**{**options, "std": 1e-3}), tiny_batch())
        reference = shifts[-1].double()
        model = tiny_classifier(dropout=0.0)
        if by == "weights":
            model = model.to(dtype)
        with torch.autocast("cpu", dtype, enabled=by == "autocast"):
            measured(model, SMART(**options), tiny_batch())
        cosine = torch.cosine_similarity(reference.flatten(1), shifts[-1].flatten(1).double())
        assert cosine.abs().min() > 0.95

    def test_training_under_autocast_stays_finite_and_moves(self) -> None:
        model = tiny_classifier()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with attach(model, [SMART(radius=0.1, step_size=0.1)]) as objective:
            objective.connect(optimizer)
            for seed in range(3):
                with torch.autocast("cpu", torch.bfloat16):
                    loss = objective(Step(model, tiny_batch(seed=seed)))
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
            logs = objective.pop_logs()
        assert logs["smart_smoothness"] > 0 and logs["smart_proximal"] > 0
        assert all(value.isfinite().all() for value in weights(model).values())

    def test_a_ball_that_is_rounded_away_is_warned_of_once(self) -> None:
        model = tiny_classifier()
        method = SMART(radius=1e-5, proximal_strength=0.0)
        with (
            attach(model, [method]) as objective,
            pytest.warns(UserWarning, match="radius=1e-05 is lost") as found,
        ):
            for seed in range(2):
                with torch.autocast("cpu", torch.bfloat16):
                    objective(Step(model, tiny_batch(seed=seed))).backward()
        assert len(found) == 1


@pytest.mark.parametrize(
    ("method", "bound"),
    [
        (SMART(proximal_strength=0.0), 8 / 3),
        (SMART(), 3.0),
        (SMART(proximal_strength=0.0, steps=2), 10 / 3),
        (SMART(strength=0.0), 4 / 3),
    ],
)
def test_multiply_adds_keep_to_the_bound(method: SMART, bound: float) -> None:
    def flops(chosen: list[Regularizer]) -> int:
        model = tiny_classifier()
        with attach(model, chosen) as objective, FlopCounterMode(display=False) as counter:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            objective(Step(model, tiny_batch())).backward()
        return counter.get_total_flops()

    assert flops([method]) / flops([]) == pytest.approx(bound, rel=0.02)


def test_detach_clean_changes_the_gradient_and_not_the_value() -> None:
    found = []
    for detach in (False, True):
        model = tiny_classifier(dropout=0.0)
        method = SMART(radius=0.1, step_size=0.1, proximal_strength=0.0, detach_clean=detach)
        with attach(model, [method]) as objective:
            loss = objective(Step(model, tiny_batch()))
            loss.backward()
        found.append((loss.item(), gradients(model)["classifier.weight"]))
    assert found[0][0] == found[1][0]
    assert not torch.equal(found[0][1], found[1][1])


def test_one_example_and_one_token() -> None:
    model = tiny_classifier()
    losses = train_steps(model, [SMART()], [tiny_batch(examples=1, tokens=2)])
    assert torch.tensor(losses).isfinite().all()


@pytest.mark.parametrize("family", families.NAMES)
def test_every_family(family: str) -> None:
    """Zero perturbation moves nothing, and a small one something, under dropout and pads."""
    model, batch = families.classifier(family), families.batch()
    assert smoothness(model, batch, radius=0.0) == 0.0
    assert 0 < smoothness(model, batch, radius=0.1, step_size=0.1) < float("inf")
    model.zero_grad()
    with attach(model, [SMART(radius=0.1, step_size=0.1)]) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        objective(Step(model, batch)).backward()
    assert all(value.isfinite().all() for value in gradients(model).values())


@pytest.mark.parametrize("chosen", [[SMART(), LNSR()], [SMART(), FreeLB()], [FreeLB(), SMART()]])
def test_it_composes(chosen: list[Regularizer]) -> None:
    model = tiny_classifier()
    losses = train_steps(model, chosen, [tiny_batch(seed=seed) for seed in range(2)])
    assert torch.tensor(losses).isfinite().all()


@pytest.mark.parametrize(
    "options",
    [
        {"radius": -1.0},
        {"step_size": float("nan")},
        {"steps": -1},
        {"std": -0.1},
        {"strength": -1.0},
        {"norm": "l1"},
        {"dropout": "on"},
        {"momentum": 1.5},
    ],
)
def test_impossible_options_are_refused_in_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))) as caught:
        SMART(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("by_sides", "ratio", "error"), [(False, 2.0, 1e-2), (True, 1.0, 1e-6)], ids=str
)
def test_the_gradient_is_twice_that_of_code_that_stops_it_at_one_side_in_turn(
    monkeypatch: pytest.MonkeyPatch, by_sides: bool, ratio: float, error: float
) -> None:
    """For one perturbation both have the same value; by sides the gradient is that code's."""
    model, inputs = tiny_classifier(dropout=0.0, classes=3).double(), tiny_batch()
    table = model.get_input_embeddings()
    delta = 1e-3 * torch.randn(4, 9, 32, generator=torch.Generator().manual_seed(0)).double()
    monkeypatch.setattr(SMART, "_perturbation", lambda *_: delta)
    with attach(model, [SMART(proximal_strength=0.0, by_sides=by_sides)]) as objective:
        step = Step(model, inputs, compute_loss=_without_task)
        value = objective(step)
        value.backward()
    ours = torch.cat([g.flatten() for g in gradients(model).values()])

    model.zero_grad()
    mask, words = inputs["attention_mask"], table(inputs["input_ids"])
    still = model(inputs_embeds=words, attention_mask=mask).logits.log_softmax(-1)
    moved = model(inputs_embeds=words + delta, attention_mask=mask).logits.log_softmax(-1)
    apart = functional_kl(still, moved.detach()) + functional_kl(moved, still.detach())
    apart.backward()
    theirs = torch.cat([g.flatten() for g in gradients(model).values()])
    assert value.item() == pytest.approx(apart.item(), rel=1e-3)
    assert (ours.norm() / theirs.norm()).item() == pytest.approx(ratio, rel=error)
    assert torch.nn.functional.cosine_similarity(ours, theirs, 0).item() > 0.999


def test_a_gradient_by_sides_is_of_classes() -> None:
    model = tiny_classifier(classes=1)
    inputs = {**tiny_batch(), "labels": torch.rand(4)}
    with (
        attach(model, [SMART(by_sides=True, proximal_strength=0.0)]) as objective,
        pytest.raises(ConfigError, match="one of several classes, and this one predicts values"),
    ):
        objective(Step(model, inputs))


def _without_task(model: Any, inputs: Any) -> Any:
    outputs = model(**inputs)
    return outputs.loss * 0, outputs


def functional_kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    return torch.nn.functional.kl_div(log_p, log_q, log_target=True, reduction="batchmean")
