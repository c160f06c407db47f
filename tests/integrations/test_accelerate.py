"""A raw PyTorch loop with accelerate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState, PartialState

from steadytune import L2SP, LNSR, FreeLB, Regularizer, Step, attach
from steadytune._random import isolated_rng
from steadytune.testing import assert_same, tiny_batch, tiny_classifier, train_steps, weights


@pytest.fixture(autouse=True)
def fresh_state() -> Iterator[None]:
    """Accelerate keeps its state in singletons; each test here starts with none of it."""
    yield
    for state in (AcceleratorState, GradientState, PartialState):
        state._reset_state()


@pytest.mark.parametrize(
    "method", [LNSR(strength=5.0), FreeLB(steps=2), L2SP(strength=0.5, form="decoupled")]
)
def test_it_equals_the_loop_without_accelerate(method: Regularizer) -> None:
    batches = [tiny_batch(seed=number) for number in range(3)]
    expected = tiny_classifier()
    train_steps(expected, [method], batches, seed=2)

    accelerator = Accelerator(cpu=True)
    model = tiny_classifier()
    wrapped, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), lr=0.1))
    with isolated_rng(torch.device("cpu"), 2), attach(wrapped, [method], seed=2) as objective:
        objective.connect(optimizer)
        for batch in batches:
            step = Step(wrapped, batch, backward=accelerator.backward)
            accelerator.backward(objective(step))
            optimizer.step()
            optimizer.zero_grad()
    assert_same(weights(model), weights(expected))
