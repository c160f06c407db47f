"""Scheduled against its formula, against plain training, and the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steadytune import LNSR, ConfigError, FreeLB, RegularizedTrainer, Regularizer, Scheduled, Step
from steadytune import attach as attached
from steadytune.method_text import format_method, parse_method
from steadytune.testing import RegularizerContract, tiny_batch, tiny_classifier

from ..training import arguments, rows

PENALTY = LNSR(strength=3.0, std=0.1)


class TestContract(RegularizerContract):
    method = Scheduled(PENALTY, warmup=3)
    neutral = Scheduled(PENALTY, start=10)
    draws = True
    compiles = False


class TestContractOfAnotherMethod(RegularizerContract):
    method = Scheduled(FreeLB(steps=2, step_size=0.3), warmup=0, start=1, stop=3)
    neutral = Scheduled(FreeLB(), warmup=10)


def factors(method: Scheduled, total: int | None, count: int = 10) -> list[float]:
    model = tiny_classifier()
    batch = tiny_batch()
    return [
        method.factor(Step(model, batch, step=number, total_steps=total)) for number in range(count)
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"warmup": 4}, [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1]),
        ({"warmup": 0}, [1] * 10),
        ({"warmup": 1}, [0] + [1] * 9),
        ({"warmup": 0, "start": 3}, [0] * 3 + [1] * 7),
        ({"warmup": 2, "start": 3}, [0, 0, 0, 0, 0.5, 1, 1, 1, 1, 1]),
        ({"warmup": 2, "start": 3, "stop": 6}, [0, 0, 0, 0, 0.5, 1, 0, 0, 0, 0]),
        ({"warmup": 0.4}, [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1]),
        ({"warmup": 0.2, "start": 0.3, "stop": 0.6}, [0, 0, 0, 0, 0.5, 1, 0, 0, 0, 0]),
        ({"warmup": 0, "stop": 0}, [0] * 10),
    ],
)
def test_factor(options: dict[str, Any], expected: list[float]) -> None:
    assert factors(Scheduled(PENALTY, **options), total=10) == pytest.approx(expected, abs=1e-12)


def test_shares_need_the_length_of_the_training() -> None:
    with pytest.raises(ConfigError, match=r"warmup=0.1 is a share of a training whose length"):
        factors(Scheduled(PENALTY), total=None)
    assert factors(Scheduled(PENALTY, warmup=2), total=None, count=3) == [0, 0.5, 1]


def test_penalty_rises_with_the_factor() -> None:
    model, batch = tiny_classifier(dropout=0.0).double(), tiny_batch()

    def added(method: Regularizer, number: int) -> float:
        with attached(model, [method]) as objective:
            return objective(Step(model, batch, step=number)).item() - plain

    plain = 0.0
    plain = added(LNSR(strength=0.0), 0)
    for number in range(6):
        share = min(1.0, number / 4)
        expected = share * added(PENALTY, number)
        assert added(Scheduled(PENALTY, warmup=4), number) == pytest.approx(expected, abs=1e-12)


def test_trainer_tells_how_long_the_training_is(tmp_path: Path) -> None:
    trainer = RegularizedTrainer(
        model=tiny_classifier(),
        args=arguments(tmp_path, max_steps=4, logging_steps=1),
        train_dataset=rows(tiny_batch(examples=16)),
        regularizers=[Scheduled(PENALTY, warmup=0, start=0.5)],
    )
    trainer.train()
    logged = ["lnsr_penalty" in entry for entry in trainer.state.log_history if "loss" in entry]
    assert logged == [False, False, True, True]


def test_text_form() -> None:
    method = Scheduled(LNSR(strength=2.0), warmup=0.2)
    assert format_method([method]) == "scheduled(lnsr:strength=2.0):warmup=0.2"
    assert parse_method("scheduled(lnsr:strength=2):warmup=0.2") == (method,)


@pytest.mark.parametrize("name", ["warmup", "start", "stop"])
def test_lengths_are_not_negative(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}=-1"):
        Scheduled(PENALTY, **{name: -1.0})
