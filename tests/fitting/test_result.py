"""The lines of a fit: they claim for the kept model only what holds for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from steadytune.fitting.result import summary

CALIBRATED = {"temperature": 1.5, "width": 0.3, "skipped": "the head has two layers"}


def lines(plain_on: int | None = None, floor: float | None = None, **kept: Any) -> str:
    known = {"form": "the average of the seeds", "why": "the best", "temperature": None}
    facts = {
        "score": {"value": 0.8, "interval": None, "basis": "by cross-validation"},
        "metric": "accuracy",
        "percent": True,
        "plain": [0.7],
        "plain_on": plain_on,
        "defaults": [],
        "floor": floor,
        "constant": 0.5,
        "chosen": {"method": "plain", "learning_rate": 1e-4, "epochs": 3.0},
        "reason": "it was alone",
        "sizes": {"train": 50, "test": 10},
        "kept": {**known, "width": None, **kept},
    }
    return "\n".join(summary(facts, Path("out")))


def test_a_model_that_learned_from_others_has_not_their_calibration() -> None:
    said = lines(**CALIBRATED)
    assert "temperature 1.50" in said and "within 0.3" in said and "not calibrated" in said
    said = lines(distilled=True, taught=50, unlabelled=0, **CALIBRATED)
    assert not any(word in said for word in ("temperature", "within", "calibrated"))


def test_how_many_examples_had_a_teacher_is_said() -> None:
    some = lines(distilled=True, taught=20, unlabelled=7)
    assert "from the average of the seeds on 20 of 50 training examples and 7 texts" in some
    none = lines(distilled=True, taught=0, unlabelled=0)
    assert "one plain model of a single seed" in none and "learned from the" not in none
    assert "learned from the average of the seeds (the best)" in lines(distilled=True)


def test_plain_training_on_fewer_examples_says_so() -> None:
    assert "70.0 %; the kept model: 80.0 %" in lines()
    assert "70.0 % on 20 of these examples; the kept model" in lines(plain_on=20)


def test_what_it_gains_is_said_against_the_floor_or_else_the_baseline() -> None:
    assert "frozen features: +10.0 points, above its 70.0 %." in lines(floor=0.7)
    assert "frozen features: -10.0 points, NOT above its 90.0 %." in lines(floor=0.9)
    assert "Against the majority-class baseline: +30.0 points, above its 50.0 %." in lines()
