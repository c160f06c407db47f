"""EMA against its formula, what training it leaves alone, and the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainingArguments

from steadytune import EMA, ConfigError, Every, RegularizedTrainer, Scheduled, Step, attach
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)

BATCHES = [tiny_batch(seed=number) for number in range(4)]


class TestContract(RegularizerContract):
    method = EMA(power=0.5, lag=1.0)
    neutral = EMA(power=0.0)


class TestCorrected(RegularizerContract):
    method = EMA(power=0.5, lag=1.0, bias_power=0.2)
    compiles = False


def last_weights() -> list[dict[str, torch.Tensor]]:
    """The weights before and after each of plain training's steps."""
    found = []
    for count in range(len(BATCHES) + 1):
        model = tiny_classifier()
        if count:
            train_steps(model, [], BATCHES[:count])
        found.append(weights(model))
    return found


def averaged(method: EMA) -> dict[str, torch.Tensor]:
    model = tiny_classifier()
    train_steps(model, [method], BATCHES)
    return weights(model)


def test_the_average_by_its_recursion() -> None:
    path = last_weights()
    for name, value in averaged(EMA(power=0.7, lag=2.0)).items():
        mean = path[0][name]
        for t in range(1, len(path)):
            share = (2.0 + t) ** -0.7
            mean = (1 - share) * mean + share * path[t][name]
        torch.testing.assert_close(value, mean)


def test_a_constant_decay_in_closed_form() -> None:
    path = last_weights()
    steps = len(path) - 1
    for name, value in averaged(EMA(decay=0.5)).items():
        expected = 0.5**steps * path[0][name]
        expected += sum(0.5 ** (steps - t + 1) * path[t][name] for t in range(1, steps + 1))
        torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("method", [EMA(decay=0.99), EMA(bias_power=0.2)], ids=str)
def test_in_half_precision_the_average_is_rounded_once(method: EMA) -> None:
    """Averages in bfloat16 lose what a step adds: a hundredth of a small difference."""
    model = tiny_classifier().bfloat16()
    exact: Any = None
    with attach(model, [method]) as objective:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        objective.connect(optimizer)
        start = exact = model.classifier.weight.detach().float().clone()
        for number in range(40):
            objective(Step(model, tiny_batch(seed=number))).backward()
            optimizer.step()
            optimizer.zero_grad()
            last = model.classifier.weight.detach().float()
            exact = exact + method.share_of(number + 1) * (last - exact)
    if method.bias_power is not None:
        exact = exact + (method.lag + 40) ** -method.bias_power * (last - start)
    assert torch.equal(model.classifier.weight, exact.bfloat16())


def test_the_correction() -> None:
    path = last_weights()
    plain, corrected = averaged(EMA(lag=3.0)), averaged(EMA(lag=3.0, bias_power=0.2))
    share = (3.0 + len(BATCHES)) ** -0.2
    for name, value in corrected.items():
        expected = plain[name] + share * (path[-1][name] - path[0][name])
        torch.testing.assert_close(value, expected)


def test_training_is_plain_while_it_lasts() -> None:
    plain, model = tiny_classifier(), tiny_classifier()
    losses = train_steps(plain, [], BATCHES)
    assert train_steps(model, [EMA()], BATCHES) == losses


def test_an_error_leaves_the_last_weights() -> None:
    model = tiny_classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(KeyboardInterrupt), attach(model, [EMA()]) as objective:
        objective.connect(optimizer)
        objective(Step(model, BATCHES[0])).backward()
        optimizer.step()
        last = weights(model)
        raise KeyboardInterrupt
    assert_same(weights(model), last)


def test_without_a_step_the_model_stays() -> None:
    model = tiny_classifier()
    before = weights(model)
    with attach(model, [EMA(bias_power=0.2)]):
        pass
    assert_same(weights(model), before)


def test_frozen_weights_are_left_alone() -> None:
    model = tiny_classifier()
    model.bert.requires_grad_(False)
    before = weights(model.bert)
    train_steps(model, [EMA()], BATCHES)
    assert_same(weights(model.bert), before)
    model.requires_grad_(False)
    with pytest.raises(ConfigError, match="no weight that is trained"), attach(model, [EMA()]):
        pass


def test_wrapped_it_begins_late() -> None:
    """Its start is then the weights before its first step, not those of the attachment."""
    path = last_weights()
    model = tiny_classifier()
    train_steps(model, [Scheduled(EMA(decay=0.5), start=3, warmup=0)], BATCHES)
    for name, value in weights(model).items():
        torch.testing.assert_close(value, (path[3][name] + path[4][name]) / 2)


def test_every_second_step() -> None:
    path = last_weights()
    model = tiny_classifier()
    train_steps(model, [Every(EMA(decay=0.5), n=2)], BATCHES)
    for name, value in weights(model).items():
        expected = path[0][name] / 4 + path[1][name] / 4 + path[3][name] / 2
        torch.testing.assert_close(value, expected)


def test_the_best_epoch_s_weights_are_not_replaced(tmp_path: Path) -> None:
    arguments = TrainingArguments(
        str(tmp_path),
        load_best_model_at_end=True,
        eval_strategy="epoch",
        save_strategy="epoch",
        report_to="none",
        use_cpu=True,
    )
    with pytest.raises(ConfigError, match="EMA gives the model other weights at the end"):
        RegularizedTrainer(
            tiny_classifier(), arguments, eval_dataset=[BATCHES[0]], regularizers=[EMA()]
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"power": -1.0}, "power=-1.0"),
        ({"decay": 1.5}, "decay=1.5"),
        ({"lag": -1.0}, "lag=-1.0"),
        ({"bias_power": -0.1}, "bias_power=-0.1"),
    ],
)
def test_options_out_of_range(options: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        EMA(**options)


@pytest.mark.parametrize("method", [EMA(decay=0.5), EMA(decay=0.5, bias_power=0.2)])
def test_it_follows_a_model_that_is_cast_after_it_was_attached(method: EMA) -> None:
    model = tiny_classifier(dropout=0.0)
    with attach(model, [method]) as objective:
        model.double()
        begun = weights(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        objective.connect(optimizer)
        objective(Step(model, BATCHES[0])).backward()
        optimizer.step()
        last = weights(model)
        kept = [
            v for n, v in objective.state_dict().items() if ".average." in n and "steps" not in n
        ]
        assert kept and all(value.dtype == torch.float64 for value in kept)
    bias = 0.0 if method.bias_power is None else (10 + 1) ** -method.bias_power
    for name, value in weights(model).items():
        expected = (begun[name] + last[name]) / 2 + bias * (last[name] - begun[name])
        torch.testing.assert_close(value, expected)
