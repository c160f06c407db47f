"""A momentum teacher keeps the formula, moves with the model, and leaves the model as it was."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from steadytune import Host
from steadytune._step.teacher import MomentumTeacher

SEE: Any = None  # what an optimizer hook is called with, and does not look at


def made(momentum: float = 0.75) -> tuple[nn.Linear, Host, MomentumTeacher]:
    model = nn.Linear(2, 1, bias=False)
    nn.init.ones_(model.weight)
    host = Host(model, None, 0)
    return model, host, MomentumTeacher(host, momentum)


def moved_to(model: nn.Linear, host: Host, value: float) -> None:
    with torch.no_grad():
        model.weight.fill_(value)
    for hook in host.after_optimizer_step:
        hook(SEE)


def taught(model: nn.Linear, teacher: MomentumTeacher) -> float:
    with teacher.in_place_of_model():
        assert not torch.is_grad_enabled()
        return float(model.weight[0, 0])


def test_average_by_hand() -> None:
    model, host, teacher = made(momentum=0.75)
    assert taught(model, teacher) == 1.0
    moved_to(model, host, 5.0)
    assert taught(model, teacher) == 0.75 * 1 + 0.25 * 5
    moved_to(model, host, -3.0)
    assert taught(model, teacher) == 0.75 * 2 + 0.25 * -3
    assert model.weight[0, 0] == -3.0


@pytest.mark.parametrize(("momentum", "expected"), [(0.0, 5.0), (1.0, 1.0)])
def test_momentum_at_its_ends(momentum: float, expected: float) -> None:
    model, host, teacher = made(momentum)
    taught(model, teacher)
    moved_to(model, host, 5.0)
    assert taught(model, teacher) == expected


def test_it_starts_when_it_is_first_asked() -> None:
    model, host, teacher = made()
    moved_to(model, host, 5.0)
    assert taught(model, teacher) == 5.0


def test_a_restored_teacher_does_not_start_anew() -> None:
    model, host, teacher = made()
    taught(model, teacher)
    moved_to(model, host, 5.0)
    state = {name: value.clone() for name, value in host.state.items()}
    again, other, resumed = made()
    for name, value in state.items():
        other.state[name].copy_(value)
    assert taught(again, resumed) == 2.0


def test_graphs_from_before_stay_valid() -> None:
    model, host, teacher = made()
    taught(model, teacher)
    moved_to(model, host, 5.0)
    inputs = torch.tensor([[2.0, 3.0]], requires_grad=True)
    output = model(inputs).square()
    taught(model, teacher)
    output.backward()
    assert inputs.grad is not None
    # d (w.x)^2 / dx = 2 (w.x) w with the model's own w = (5, 5)
    assert torch.equal(inputs.grad, torch.tensor([[250.0, 250.0]]))


def test_it_follows_the_model_to_another_type_and_device() -> None:
    model, host, teacher = made()
    taught(model, teacher)
    model.to(torch.bfloat16)
    moved_to(model, host, 5.0)
    assert host.state["teacher.weight"].dtype == torch.float32
    assert taught(model, teacher) == 2.0
    model.to("meta")
    teacher._on_device(list(model.parameters()))
    assert host.state["teacher.weight"].device.type == "meta"
