"""What is said of several runs."""

from __future__ import annotations

import pytest

from steadytune.finetune.model_record import ModelRecord
from steadytune.finetune.summary import left_out, lost_seeds, not_learned
from tests.run_records import make_model_record, make_spec


def selection(keep: str, taken: list[int], lost: list[int]) -> dict[str, object]:
    members = [{"seed": seed, "spec_hash": "", "scores": {}} for seed in (1, 2, 3)]
    return {"keep": keep, "metric": "f1", "taken": taken, "lost": lost, "members": members}


@pytest.mark.parametrize(
    ("lost", "text"), [(None, ""), ([], ""), ([2], "seed 2."), ([2, 5], "seeds 2, 5.")]
)
def test_runs_that_gave_no_model_are_named(lost: list[int] | None, text: str) -> None:
    chosen = None if lost is None else selection("best", [1], lost)
    said = lost_seeds(make_model_record(selection=chosen))
    assert said.endswith(text) and bool(said) == bool(text)


@pytest.mark.parametrize(
    ("keep", "taken", "text"),
    [
        ("ensemble", [1, 2, 3], ""),
        ("best", [1], ""),
        ("soup", [1, 3], ""),
        ("ensemble", [1, 3], "seed 2, which learned nothing from its training rows."),
        ("ensemble", [2], "seeds 1, 3, which learned nothing from their training rows."),
    ],
)
def test_runs_that_an_ensemble_leaves_out_are_named(keep: str, taken: list[int], text: str) -> None:
    said = left_out(make_model_record(selection=selection(keep, taken, [])))
    assert said == (text and f"Left out of the ensemble: {text}")


def test_a_single_run_is_in_no_ensemble() -> None:
    assert left_out(make_model_record()) == ""


def scored(value: float | None, method: str = "plain") -> ModelRecord:
    task = {"in_domain": "reviews", "metric": "accuracy", "constant": {"reviews": 0.5}}
    return make_model_record(
        make_spec(method=method, learning_rate=1e-4, epochs=3.0),
        task={"name": "toy", **task},
        results={"reviews": {"accuracy": value}},
    )


def test_a_model_that_learned_nothing_comes_with_advice() -> None:
    assert not_learned(scored(0.51)) == ""
    assert "try `learning_rate=0.0002` (it was 0.0001)" in not_learned(scored(0.5))
    assert "on reviews the model is no better" in not_learned(scored(None))
    assert "lnsr" not in not_learned(scored(0.4))
    assert "or use lnsr:std=0.1 weaker" in not_learned(scored(0.4, "lnsr:std=0.1"))
