"""What a step offers: passes, draws, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from steadytune import (
    LNSR,
    SAM,
    ConfigError,
    FreeLB,
    HyPe,
    NEFTune,
    Regularizer,
    Step,
    attach,
)
from steadytune._random import isolated_rng
from steadytune.testing import (
    tiny_batch,
    tiny_classifier,
)

from .probes import Measured

CPU = torch.device("cpu")


def test_share_weights_the_penalty() -> None:
    model = tiny_classifier(dropout=0.0)
    with attach(model, [Measured(lambda step: torch.tensor(2.0))]) as objective:
        half = objective(Step(model, tiny_batch(), share=0.5)).item()
    assert half == pytest.approx(model(**tiny_batch()).loss.item() + 1)


def test_the_clean_pass_runs_once_for_everybody() -> None:
    model = tiny_classifier(dropout=0.0)
    calls = []
    model.register_forward_pre_hook(lambda *args: calls.append(1))
    with attach(model, [LNSR(), LNSR(layer=1), LNSR(layer=2)]) as objective:
        objective(Step(model, tiny_batch()))
    assert len(calls) == 1


@pytest.mark.parametrize(
    "leading", [NEFTune(), FreeLB(), SAM(), HyPe(dropout="on")], ids=lambda m: type(m).__name__
)
def test_a_clean_pass_asked_for_late_leaves_the_global_stream_alone(leading: Regularizer) -> None:
    states, losses = [], []
    for methods in ([leading], [leading, LNSR(strength=0.0)], [leading, LNSR(strength=0.0)]):
        model = tiny_classifier()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with isolated_rng(torch.device("cpu"), 5), attach(model, methods) as objective:
            objective.connect(optimizer)
            losses.append(objective(Step(model, tiny_batch())).item())
            states.append(torch.get_rng_state())
    assert torch.equal(states[0], states[1]) and losses[1] == losses[2] == losses[0]


def test_the_rank_is_that_of_torch_distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    def penalty(**given: Any) -> float:
        model = tiny_classifier(dropout=0.0)
        with attach(model, [LNSR()]) as objective:
            return objective(Step(model, tiny_batch(), **given)).item()

    alone, second = penalty(), penalty(rank=1)
    assert alone == penalty(rank=0) != second
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    assert penalty() == second and penalty(rank=0) == alone


def test_draws_differ_between_methods_steps_micro_steps_ranks_and_sites() -> None:
    model = tiny_classifier(dropout=0.0)
    drawn: list[tuple[float, ...]] = []

    def draw(step: Step) -> Tensor:
        for view in (step, step.repeated(), step.repeated()):
            for site in ("a", "b"):
                drawn.append(tuple(view.normal_like(torch.zeros(3), site).tolist()))
        return torch.zeros(())

    with attach(model, [Measured(draw), Measured(draw)]) as objective:
        for place in ({}, {"micro_step": 1}, {"rank": 1}, {"step": 1}):
            objective(Step(model, tiny_batch(), **{"step": 0, "micro_steps": 2, **place}))
    assert len(drawn) == len(set(drawn)) == 4 * 2 * 3 * 2


def test_parameter_draws_agree_between_ranks_and_micro_batches() -> None:
    model = tiny_classifier()
    seeds = []

    def mask(step: Step) -> Tensor:
        seeds.append(step.parameter_generator("weight").initial_seed())
        return torch.zeros(())

    with attach(model, [Measured(mask)]) as objective:
        for rank in (0, 1):
            objective(Step(model, tiny_batch(), step=0, rank=rank, micro_step=rank, micro_steps=2))
        objective(Step(model, tiny_batch(), step=1))
    assert seeds[0] == seeds[1] != seeds[2]


def test_a_step_outside_an_objective_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="inside the objective"):
        _ = Step(tiny_classifier(), tiny_batch()).clean


def test_a_batch_without_labels() -> None:
    model = tiny_classifier()
    batch = tiny_batch()
    del batch["labels"]
    with (
        attach(model, []) as objective,
        pytest.raises(ConfigError, match="returned no loss; the batch needs labels"),
    ):
        objective(Step(model, batch))


def test_extra_passes() -> None:
    """Shared masks repeat the clean pass, fresh ones do not, off has none."""
    model = tiny_classifier(dropout=0.3)
    seen: dict[str, Tensor] = {}

    def run(step: Step) -> Tensor:
        seen["clean"] = step.clean.logits
        for dropout in ("shared", "fresh", "off"):
            seen[dropout] = step.forward(dropout=dropout).logits  # type: ignore[arg-type]
        seen["again"] = step.forward(dropout="fresh").logits
        seen["other"] = step.forward(dropout="fresh", name="other").logits
        return torch.zeros(())

    with attach(model, [Measured(run)]) as objective:
        objective(Step(model, tiny_batch()))
    assert torch.equal(seen["shared"], seen["clean"])
    assert not torch.equal(seen["fresh"], seen["clean"])
    assert torch.equal(seen["again"], seen["fresh"])
    assert not torch.equal(seen["other"], seen["fresh"])
    assert torch.equal(seen["off"], model.eval()(**tiny_batch()).logits)


def test_inputs_that_are_a_tuple_are_refused() -> None:
    given: Any = tuple(tiny_batch().values())
    with pytest.raises(ConfigError, match="inputs is a tuple; expected the model's keyword"):
        Step(tiny_classifier(), given)
