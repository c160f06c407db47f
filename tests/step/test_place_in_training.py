"""The place in training: steps and micro-batches are counted, and accumulated parts divided."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from steadytune import LNSR, ConfigError, Scheduled, Step, attach
from steadytune.testing import tiny_batch, tiny_classifier

from .probes import Around, Objective


def test_objective_counts_its_calls_so_that_draws_differ() -> None:
    model = tiny_classifier(dropout=0.0)
    with attach(model, [LNSR(strength=100.0)]) as objective:
        values = [objective(Step(model, tiny_batch())).item() for _ in range(3)]
        first_again = objective(Step(model, tiny_batch(), step=0)).item()
    assert len(set(values)) == 3
    assert first_again == values[0]


def test_micro_batches_are_counted_into_steps() -> None:
    seen: list[tuple[int | None, int, int]] = []

    def note(inner: Objective, step: Step) -> Tensor:
        seen.append((step.step, step.micro_step, step.accumulation))
        return inner(step)

    model = tiny_classifier()
    with attach(model, [Around(note)]) as objective:
        for _ in range(5):
            objective(Step(model, tiny_batch(), accumulation=2))
        objective(Step(model, tiny_batch(), accumulation=2, step=9, micro_step=1))
    assert seen == [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 0, 1), (9, 1, 1)]
    seen.clear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with attach(model, [Around(note)]) as objective:
        objective.connect(optimizer)
        for number in range(5):
            objective(Step(model, tiny_batch(), accumulation=2))
            if number in (1, 2):  # the second step comes early, as at the end of an epoch
                optimizer.step()
    assert seen == [(0, 0, 1), (0, 1, 1), (1, 0, 1), (2, 0, 1), (2, 1, 1)]


@pytest.mark.parametrize("fused", [True, False])
def test_a_step_that_overflows_is_not_counted(fused: bool) -> None:
    model = tiny_classifier(dropout=0.0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    with attach(model, [LNSR()]) as objective:
        objective.connect(optimizer)
        for factor in (1.0, torch.inf, 1.0):
            scaler.scale(objective(Step(model, tiny_batch())) * factor).backward()
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
        assert objective.state_dict()["position"].tolist() == [2, 0]


def test_an_accumulated_objective_and_what_is_sent_back_early_are_divided() -> None:
    model = tiny_classifier(dropout=0.0)
    whole, sent = model(**tiny_batch()).loss.item(), []

    def quarter_early(inner: Objective, step: Step) -> Tensor:
        loss = inner(step)
        step.send_back(0.25 * loss)
        return loss

    with attach(model, [Around(quarter_early)]) as objective:
        step = Step(model, tiny_batch(), accumulation=4, backward=sent.append)
        assert objective(step).item() == pytest.approx(whole / 4)
    assert [part.item() for part in sent] == pytest.approx([whole / 16])


@pytest.mark.parametrize("number", [0, 1.5])
def test_an_impossible_accumulation_is_refused(number: Any) -> None:
    with pytest.raises(ConfigError, match=f"accumulation={number}"):
        Step(tiny_classifier(), tiny_batch(), accumulation=number)


def test_a_resumed_loop_draws_what_an_uninterrupted_one_draws() -> None:
    model = tiny_classifier(dropout=0.0)
    with attach(model, [LNSR()]) as objective:
        objective(Step(model, tiny_batch()))
        saved = objective.state_dict()
        second = objective(Step(model, tiny_batch())).item()
    with attach(model, [LNSR()]) as objective:
        objective.load_state_dict(saved)
        assert objective(Step(model, tiny_batch())).item() == second
        assert objective.state_dict()["position"].tolist() == [2, 0]


def test_a_place_needs_the_number_of_micro_batches() -> None:
    model = tiny_classifier()
    with attach(model, [LNSR()]) as objective:
        objective(Step(model, tiny_batch(), step=0, micro_step=1, micro_steps=2))
        objective(Step(model, tiny_batch(), step=0, micro_step=1, accumulation=2))
        with pytest.raises(ConfigError, match=r"micro_step=1 was given.*give micro_steps"):
            objective(Step(model, tiny_batch(), step=0, micro_step=1))


@pytest.mark.filterwarnings("ignore:.*was never started")
@pytest.mark.parametrize("accumulation", [1, 2])
def test_steps_that_a_scaler_skips_do_not_add_up(accumulation: int) -> None:
    """The loss of each is its own, and each is as many micro-batches long as any other."""
    model = tiny_classifier(dropout=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    with attach(model, [Scheduled(LNSR(), start="learned")]) as objective:
        objective.connect(optimizer)
        for factor in (torch.inf, torch.inf, 1.0, 1.0):
            for _ in range(accumulation):
                loss = objective(Step(model, tiny_batch(), accumulation=accumulation))
                scaler.scale(loss * factor).backward()
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
        state = objective.state_dict()
    assert state["0.learned.seen"] == 4
    assert state["0.learned.first"].tolist() == pytest.approx(
        [model(**tiny_batch()).loss.item()] * 4
    )
