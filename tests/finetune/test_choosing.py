"""Which runs an ensemble is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune.finetune.choosing import members_that_learned
from steadytune.finetune.members import Member
from tests.run_records import make_spec, make_test_record


def run(seed: int, metric: str, constant: float, score: float | None) -> Member:
    """A run by its score on its training rows; on the test rows each one is far above constant."""
    constants = {"train": constant, "a": 0.0}
    record = make_test_record(
        make_spec(seed),
        task={"name": "toy", "metric": metric, "in_domain": "a", "constant": constants},
        results={"train": {metric: score, "loss": 0.1}, "a": {metric: 0.99}},
    )
    return Member(record, Path(f"seed-{seed}"))


@pytest.mark.parametrize(
    ("metric", "constant", "scores", "taken"),
    [
        ("accuracy", 0.6, [0.8, 0.6, 0.61], [1, 3]),
        ("accuracy", 0.6, [0.59, 0.7, 0.6 + 1e-12], [2]),
        ("accuracy", 0.6, [0.9, 0.8, 0.7], [1, 2, 3]),
        ("accuracy", 0.6, [0.6, 0.5, 0.6], [1, 2, 3]),
        ("matthews", 0.0, [None, 0.2, 0.0], [2]),
        ("matthews", 0.0, [None, None, 0.0], [1, 2, 3]),
        ("pearson", 0.0, [0.4, None, -0.2], [1]),
        ("f1", 0.0, [0.0, 0.3, 0.01], [2, 3]),
    ],
)
def test_an_ensemble_is_made_of_the_runs_that_learned_their_training_rows(
    metric: str, constant: float, scores: list[float | None], taken: list[int]
) -> None:
    members = [run(seed, metric, constant, score) for seed, score in enumerate(scores, 1)]
    assert [member.seed for member in members_that_learned(members)] == taken
