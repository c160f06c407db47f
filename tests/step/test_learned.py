"""A method that starts when the task is learned: in a loop, over a stop, and in the Trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import (
    LNSR,
    SAM,
    ConfigError,
    FreeLB,
    RegularizedTrainer,
    Regularizer,
    Scheduled,
    attach,
)
from steadytune._step import dose, learned
from steadytune.method_text import format_method, parse_method
from steadytune.testing import assert_same, tiny_batch, tiny_classifier, weights

from ..training import arguments, rows
from .dosed import Bowl, Plane, descend

LATE = Scheduled(Bowl(strength=0.5), start="learned", warmup=0)
HIGH, LOW = (torch.full((4,), x, dtype=torch.float64) for x in (1.0, 0.5))


def ran(*data: Tensor, method: Scheduled = LATE, stop: int | None = None) -> tuple[Any, list[bool]]:
    """The step the method was started at, and at which steps it acted; resumed after `stop`."""
    model = Plane()
    logs: list[dict[str, float]] = []
    state: dict[str, Tensor] = {}
    parts = [data] if stop is None else [data[:stop], data[stop:]]
    for part in parts:
        with attach(model, [method]) as objective:
            objective.load_state_dict(state or objective.state_dict())
            logs += descend(objective, model, part, rate=0.0)
            state = {name: value.clone() for name, value in objective.state_dict().items()}
    return objective.findings(), ["bowl_penalty" in log for log in logs]


def test_it_starts_when_the_mean_of_the_window_is_clearly_below_the_beginning() -> None:
    # Of 16 steps at 1 and 0.5, 7 of the latter make the mean 0.78 and 6 make it 0.81.
    findings, acted = ran(*[HIGH] * 12, *[LOW] * 10)
    assert findings == {"bowl_start": 19}
    assert acted == [False] * 19 + [True] * 3


def test_it_needs_a_whole_window() -> None:
    findings, acted = ran(*[HIGH] * 4, *[LOW] * 14)
    assert findings == {"bowl_start": learned.WINDOW}
    assert acted == [False] * 16 + [True] * 2


@pytest.mark.filterwarnings("ignore:.*was never started")
@pytest.mark.parametrize("stop", [2, 10, 17, 20])
def test_a_stop_changes_nothing(stop: int) -> None:
    rows = [HIGH] * 12 + [LOW] * 10
    assert ran(*rows, stop=stop) == ran(*rows)


def test_a_method_that_never_started_is_said() -> None:
    with pytest.warns(UserWarning, match="bowl was never started: the mean training loss"):
        findings, acted = ran(*[HIGH] * 20)
    assert findings == {"bowl_start": None} and not any(acted)


def test_the_warm_up_begins_there() -> None:
    method = Scheduled(Bowl(strength=0.5), start="learned", warmup=4)
    model = Plane()
    with attach(model, [method]) as objective:
        logs = descend(objective, model, [HIGH] * 4 + [LOW] * 18, rate=0.0)
    # The shares of the objective, of which the penalty adds 0.5 * 0.5 / 2 times the factor.
    added = [0.125 * factor for factor in (0.25, 0.5, 0.75, 1.0, 1.0)]
    assert [log["bowl_share"] for log in logs[17:]] == pytest.approx([a / (5.5 + a) for a in added])


@pytest.mark.parametrize("method", [FreeLB(steps=2, start=0.3), SAM(), LNSR(strength=5.0)])
def test_methods_of_every_kind_leave_training_plain_until_then(
    method: Regularizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned, "WINDOW", 3)
    monkeypatch.setattr(learned, "BEGINNING", 1)
    late = Scheduled(method, start="learned", warmup=0)
    plain, treated = tiny_classifier(), tiny_classifier()
    batch = tiny_batch()

    def descended(model: nn.Module, methods: list[Regularizer], steps: int) -> Any:
        from steadytune import Step
        from steadytune._random import isolated_rng

        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        with isolated_rng(torch.device("cpu"), 1), attach(model, methods) as objective:
            for _ in range(steps):
                objective(Step(model, batch)).backward()
                optimizer.step()
                optimizer.zero_grad()
            return objective.findings()

    start = descended(treated, [late], 20)[f"{type(method).__name__.lower()}_start"]
    assert 3 <= start < 20
    treated = tiny_classifier()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learned.Learned, "conclude", lambda self: None)
        descended(treated, [late], start)
    descended(plain, [], start)
    assert_same(weights(plain), weights(treated))


def test_in_the_trainer_with_a_dose_and_over_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned, "WINDOW", 2)
    monkeypatch.setattr(learned, "BEGINNING", 1)
    monkeypatch.setattr(learned, "CLEARLY", 0.999)
    monkeypatch.setattr(dose, "WINDOW", 4)
    (method,) = parse_method("scheduled(lnsr:dose=0.1):warmup=0.0,start=learned")
    data = rows(tiny_batch(examples=8))

    def trainer(folder: Path) -> Any:
        settings = arguments(
            folder,
            max_steps=12,
            save_strategy="steps",
            save_steps=6,
            logging_steps=1,
            per_device_train_batch_size=2,
            gradient_accumulation_steps=2,
            lr_scheduler_type="constant",
        )
        return RegularizedTrainer(
            model=tiny_classifier(),
            args=settings,
            train_dataset=data,
            regularizers=[method],
        )

    whole = trainer(tmp_path / "whole")
    whole.train()
    start, strength = whole.findings["lnsr_start"], whole.findings["lnsr_strength"]
    assert 2 <= start < 6 < start + 4 <= 10 and strength > 0  # the checkpoint is in the window
    with_strength = [e["step"] for e in whole.state.log_history if "lnsr_strength" in e]
    assert with_strength == list(range(start + 5, 13))
    resumed = trainer(tmp_path / "resumed")
    resumed.train(resume_from_checkpoint=str(tmp_path / "whole" / "checkpoint-6"))
    assert resumed.findings["lnsr_strength"] == strength
    assert_same(weights(whole.model), weights(resumed.model))


def test_text_form() -> None:
    text = "scheduled(lnsr:dose=0.1):start=learned"
    (method,) = parse_method(text)
    assert method == Scheduled(LNSR(dose=0.1), start="learned")
    assert format_method([method]) == text
    with pytest.raises(ConfigError, match="expects a number or learned, got 'learnt'"):
        parse_method("scheduled(lnsr):start=learnt")
    with pytest.raises(ConfigError, match="start='soon'"):
        Scheduled(LNSR(), start="soon")
