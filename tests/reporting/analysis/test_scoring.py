"""What a run counts for."""

from __future__ import annotations

from typing import Any

import pytest

from steadytune.reporting.analysis import scoring
from steadytune.reporting.reading.run import Run
from tests.reporting.fabricated import record, run_of


def parsed(**arguments: Any) -> Run:
    return run_of(record(**arguments))


def test_a_finished_run_counts_with_its_score() -> None:
    assert scoring.score(parsed(movie=0.81), "movie") == scoring.Score(0.81, stands_in=False)


@pytest.mark.parametrize("status", ["diverged", "failed"])
def test_a_run_that_broke_in_training_counts_as_the_constant_predictor(status: str) -> None:
    broken = parsed(status=status, reason="why")
    assert scoring.score(broken, "movie") == scoring.Score(0.5, stands_in=True)
    assert scoring.score(broken, "tweet") == scoring.Score(0.6, stands_in=True)
    assert scoring.degenerate(broken) is True


def test_results_of_a_diverged_run_are_not_used() -> None:
    lucky = parsed(status="diverged", results={"movie": {"accuracy": 0.99}})
    assert scoring.score(lucky, "movie") == scoring.Score(0.5, stands_in=True)


def test_an_undefined_metric_counts_as_the_constant_predictor() -> None:
    assert scoring.score(parsed(movie=None), "movie") == scoring.Score(0.5, stands_in=False)


@pytest.mark.parametrize(
    "arguments",
    [
        {"status": "cancelled"},
        {"status": "failed", "task": None, "seconds": {}, "cost": {}},
        {"status": "failed", "seconds": {"total": 3.0}, "cost": {"steps": 0}},
    ],
)
def test_a_run_that_never_trained_is_left_out(arguments: dict[str, Any]) -> None:
    run = parsed(**arguments)
    assert not scoring.counts(run)
    assert scoring.score(run, "movie") is None
    assert scoring.degenerate(run) is None


@pytest.mark.parametrize(
    "known", [{"seconds": {}, "cost": {}}, {"seconds": {"train": 7.0}, "cost": {"steps": 0}}]
)
def test_a_crash_counts_against_the_method_unless_it_came_first(known: dict[str, Any]) -> None:
    crashed = parsed(status="failed", **known)
    assert scoring.score(crashed, "movie") == scoring.Score(0.5, stands_in=True)


def test_a_domain_that_was_not_evaluated_is_left_out() -> None:
    assert scoring.score(parsed(), "elsewhere") is None


def test_a_broken_run_without_a_known_constant_is_left_out() -> None:
    made = record(status="diverged")
    made["task"]["constant"] = {}
    assert scoring.score(run_of(made), "movie") is None


def test_degenerate_is_decided_in_domain() -> None:
    assert scoring.degenerate(parsed(movie=0.5, tweet=0.9)) is True
    assert scoring.degenerate(parsed(movie=0.51, tweet=0.1)) is False


def test_pairs_need_the_same_seed_subset_and_rows() -> None:
    plain = scoring.pair(parsed())
    assert plain == scoring.pair(parsed(method="lnsr"))
    for change in ({"seed": 1}, {"subset_seed": 1}, {"data_hash": "other"}):
        assert plain != scoring.pair(parsed(spec=change))
