"""Forward passes per step: whole ones, and replays of some blocks and of some rows."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from steadytune import attach
from steadytune._step.step import Step
from steadytune.method_text import parse_method
from steadytune.runs.forwards import ForwardCount
from steadytune.testing import tiny_batch, tiny_classifier


def count(method: str, *, micro_batches: int = 1) -> float | None:
    model = tiny_classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    forwards = ForwardCount(model)
    with forwards.installed(), attach(model, parse_method(method)) as objective:
        objective.connect(optimizer)
        for _ in range(micro_batches):
            batch = tiny_batch()
            with forwards.training_step(len(batch["input_ids"])):
                objective(Step(model, batch)).backward()
            model(**batch)  # an evaluation, which does not count
        optimizer.step()
    model(**batch)  # the hooks are gone
    return forwards.per_step


@pytest.mark.parametrize(
    ("method", "passes"),
    [
        ("plain", 1.0),
        ("l2sp", 1.0),
        ("lnsr:layer=0", 2.0),
        ("lnsr:layer=1", 1 + 2 / 3),
        ("lnsr:layer=2", 1 + 1 / 3),
        ("lnsr:layer=0,rows=0.5", 1.5),
        ("rdrop", 2.0),
        ("freelb", 3.0),
        ("smart", 4.0),  # a perturbation is found with one pass, felt with one; and a teacher's
    ],
)
def test_passes_a_step(method: str, passes: float) -> None:
    assert count(method) == pytest.approx(passes)


def test_micro_batches_do_not_count_as_passes() -> None:
    assert count("rdrop", micro_batches=3) == pytest.approx(2.0)


def test_before_the_first_step_there_is_none() -> None:
    assert ForwardCount(tiny_classifier()).per_step is None


def test_a_model_without_blocks_has_no_count() -> None:
    forwards = ForwardCount(nn.Linear(2, 2))
    with forwards.installed(), forwards.training_step(4):
        pass
    assert forwards.per_step is None
