"""What is said of several runs."""

from __future__ import annotations

import pytest

from steadytune.finetune.summary import lost_seeds, not_learned


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({}, ""),
        ({"selection": {"lost": []}}, ""),
        ({"selection": {"lost": [2]}}, "seed 2."),
        ({"selection": {"lost": [2, 5]}}, "seeds 2, 5."),
    ],
)
def test_runs_that_gave_no_model_are_named(record: dict[str, object], text: str) -> None:
    said = lost_seeds(record)
    assert said.endswith(text) and bool(said) == bool(text)


def scored(value: float | None, method: str = "plain") -> dict[str, object]:
    return {
        "task": {"in_domain": "reviews", "metric": "accuracy", "constant": {"reviews": 0.5}},
        "spec": {"method": method},
        "results": {"reviews": {"accuracy": value}},
    }


def test_a_model_that_learned_nothing_comes_with_advice() -> None:
    assert not_learned(scored(0.51)) == ""
    assert "--learning-rate" in not_learned(scored(0.5))
    assert "on reviews the model is no better" in not_learned(scored(None))
    assert "lnsr" not in not_learned(scored(0.4))
    assert "and lnsr:std=0.1 weaker" in not_learned(scored(0.4, "lnsr:std=0.1"))
