"""DENI against its formula on a quadratic loss, what it leaves alone, and the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import DENI, ConfigError, Step, attach
from steadytune._random import generator
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)

BATCHES = [tiny_batch(seed=number) for number in range(4)]
RATE = 0.3
FAR = 5.0  # where the loss is least


class TestContract(RegularizerContract):
    method = DENI(copies=2, rounds=1, start=0, length=1)
    neutral = DENI(copies=1, rounds=1, start=1, length=2)
    draws = True


class SharesTheRest(RegularizerContract):
    """Its second copy begins with the checkpoint that the training is resumed from."""

    method = DENI(copies=2, rounds=1, start=0, scope="all", restart=True)


def test_resumed_where_a_copy_begins(tmp_path: Path) -> None:
    SharesTheRest().test_resumed_training_equals_uninterrupted(tmp_path)


class Point(nn.Module):
    """Weights whose loss is half their squared distance from where it is least."""

    def __init__(self) -> None:
        super().__init__()
        start = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        self.weight = nn.Parameter(start)
        self.bias = nn.Parameter(start[0].clone())


def quadratic(model: Any, inputs: Any) -> tuple[Tensor, None]:
    return sum((p - FAR).square().sum() / 2 for p in model.parameters()), None  # type: ignore


def descended(method: DENI, steps: int, numbers: list[int] | None = None) -> Point:
    """The point after gradient descent with a rate at which a step keeps 1 - RATE of the way."""
    model = Point()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    with attach(model, [method], seed=9) as objective:
        objective.connect(optimizer)
        for number in numbers or range(steps):
            step = Step(model, {}, quadratic, step=number, total_steps=steps)
            objective(step).backward()
            optimizer.step()
            optimizer.zero_grad()
    return model


def steps_from(value: Tensor, count: int) -> Tensor:
    return FAR + (1 - RATE) ** count * (value - FAR)


def noisy(value: Tensor, copy: int, name: str, std: float) -> Tensor:
    rng = generator(value.device, "attach", 9, 0, f"copy {copy} {name}")
    return value + std * value.std() * torch.randn(value.shape, generator=rng, dtype=value.dtype)


@pytest.mark.parametrize("rest", [0, 2], ids=["to_the_end", "and_plain_steps"])
def test_two_rounds_in_closed_form(rest: int) -> None:
    method = DENI(std=0.5, copies=3, rounds=2, start=3, length=2, scope="all")
    found = descended(method, 3 + 6 * 2 + rest)
    for name, start in Point().named_parameters():
        expected = steps_from(start.detach(), 3)
        for first in (1, 4):
            begun = [expected, *(noisy(expected, first + k, name, 0.5) for k in (1, 2))]
            expected = torch.stack([steps_from(value, 2) for value in begun]).mean(0)
        expected = steps_from(expected, rest)
        torch.testing.assert_close(dict(found.named_parameters())[name].data, expected)


def test_without_noise_it_is_descent_by_the_steps_of_one_copy() -> None:
    found = descended(DENI(std=0.0, copies=4, rounds=1, start=0.5, scope="all"), 16)
    for name, start in Point().named_parameters():
        expected = steps_from(start.detach(), 8 + 2)
        torch.testing.assert_close(dict(found.named_parameters())[name].data, expected)


@pytest.mark.parametrize(("steps", "taken"), [(3, 1), (4, 2)], ids=["noise_alone", "one_step"])
def test_what_stops_early_ends_with_the_mean_so_far(steps: int, taken: int) -> None:
    method = DENI(std=0.5, copies=3, rounds=1, start=1, length=2, scope="all")
    found = descended(method, 7, list(range(steps)))
    for name, start in Point().named_parameters():
        origin = steps_from(start.detach(), 1)
        ends = [steps_from(origin, 2), steps_from(noisy(origin, 2, name, 0.5), 1)]
        expected = torch.stack(ends[:taken]).mean(0)
        torch.testing.assert_close(dict(found.named_parameters())[name].data, expected)


def test_a_round_begins_from_the_mean_also_where_steps_were_left_out() -> None:
    method = DENI(std=0.5, copies=2, rounds=2, start=0, length=1, scope="all")
    found = descended(method, 4, [0, 2, 3])
    for name, start in Point().named_parameters():
        noise = noisy(start.detach(), 2, name, 0.5)
        mean = (steps_from(start.detach(), 1) + steps_from(noise, 1)) / 2
        expected = steps_from(noisy(mean, 4, name, 0.5), 1)
        torch.testing.assert_close(dict(found.named_parameters())[name].data, expected)


def test_the_rest_of_the_training_is_shared_equally() -> None:
    assert DENI().edges(120) == [60, 70, 80, 90, 100, 110, 120]
    assert DENI(copies=2, rounds=1, start=0.7).edges(10) == [7, 8, 10]


@pytest.mark.parametrize(
    ("method", "total", "message"),
    [
        (DENI(), None, "which is not known; give both in steps"),
        (DENI(), 11, "6 copies of 1 steps or more do not fit between step 6 and the end"),
        (DENI(start=4, length=2), 15, "6 copies of 2 steps or more do not fit between step 4"),
    ],
)
def test_copies_that_do_not_fit(method: DENI, total: int | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        method.edges(total)


def moved_by_noise(scope: Any) -> set[str]:
    """Names of the weights that the second of two copies, which takes no step, differs in."""
    model = tiny_classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    before = weights(model)
    with attach(model, [DENI(copies=2, rounds=1, start=0, length=1, scope=scope)]) as objective:
        objective.connect(optimizer)
        objective(Step(model, BATCHES[0])).backward()
        optimizer.step()
        noisy_ones = weights(model)
    assert_same(weights(model), before)
    return {name for name, value in before.items() if not torch.equal(value, noisy_ones[name])}


def test_noise_goes_into_the_head_or_all() -> None:
    assert moved_by_noise("auto") == moved_by_noise("head") == {"classifier.weight"}
    assert "bert.encoder.layer.0.output.dense.weight" in moved_by_noise("all")


def test_a_model_without_a_head_of_its_own() -> None:
    model = tiny_classifier()
    model.classifier.requires_grad_(False)
    with pytest.raises(ConfigError, match="no new head that is trained"), attach(model, [DENI()]):
        pass
    model.requires_grad_(False)
    with pytest.raises(ConfigError, match="no weight that is trained"), attach(model, [DENI()]):
        pass


def test_frozen_weights_are_left_alone() -> None:
    model = tiny_classifier()
    model.bert.requires_grad_(False)
    before = weights(model.bert)
    train_steps(model, [DENI(copies=2, rounds=1, start=1, length=1, scope="all")], BATCHES)
    assert_same(weights(model.bert), before)


@pytest.mark.parametrize("restart", [False, True])
def test_the_optimizer_s_averages(restart: bool) -> None:
    model = tiny_classifier()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    method = DENI(copies=2, rounds=1, start=0, length=1, restart=restart)
    with attach(model, [method]) as objective:
        objective.connect(optimizer)
        objective(Step(model, BATCHES[0])).backward()
        optimizer.step()
        assert bool(optimizer.state) != restart


def test_an_error_leaves_the_last_weights() -> None:
    model = tiny_classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    method = DENI(copies=2, rounds=1, start=0, length=1)
    with pytest.raises(KeyboardInterrupt), attach(model, [method]) as objective:
        objective.connect(optimizer)
        objective(Step(model, BATCHES[0])).backward()
        optimizer.step()
        last = weights(model)
        raise KeyboardInterrupt
    assert_same(weights(model), last)


def test_it_follows_a_model_that_is_cast_after_it_was_attached() -> None:
    model = tiny_classifier(dropout=0.0)
    with attach(model, [DENI(std=0.0, copies=2, rounds=1, start=0, length=1)]) as objective:
        model.double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        objective.connect(optimizer)
        for batch in BATCHES[:2]:
            objective(Step(model, batch)).backward()
            optimizer.step()
            optimizer.zero_grad()
        kept = [v for n, v in objective.state_dict().items() if "mean" in n or "origin" in n]
        assert kept and all(value.dtype == torch.float64 for value in kept)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"std": -1.0}, "std=-1.0"),
        ({"copies": 0}, "copies=0"),
        ({"rounds": 0}, "rounds=0"),
        ({"start": -0.5}, "start=-0.5"),
        ({"length": 0}, "length=0"),
        ({"scope": "body"}, "scope='body'"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        DENI(**options)
