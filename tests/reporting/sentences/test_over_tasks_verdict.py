"""The verdict over tasks claims no more than the numbers allow."""

from __future__ import annotations

from typing import Any

from steadytune.reporting.analysis.over_tasks import OverTasks
from steadytune.reporting.sentences.over_tasks_verdict import (
    over_tasks_details,
    over_tasks_findings,
)
from steadytune.reporting.sentences.verdict import Finding
from tests.reporting.fabricated_tasks import averaged, several_tasks

NOISE = (0.004, -0.006, 0.002, 0.005, -0.004, 0.001, -0.003, 0.006, -0.001, 0.003, -0.002, 0.0)


def averaged_of(records: list[dict[str, Any]]) -> OverTasks:
    data = averaged(records)
    assert data is not None
    return data


def of(gain: float, seeds: int, width: float = 1.0) -> tuple[Finding, tuple[str, ...]]:
    def score(task: str, method: str, seed: int) -> float:
        if method == "plain":
            return 0.7 + NOISE[seed] / 2
        return 0.7 + gain + width * NOISE[-1 - seed] * (1 if task == "one" else -0.9)

    data = averaged_of(several_tasks(score, ("one", "two", "three"), seeds=seeds))
    (finding,) = over_tasks_findings(data)
    return finding, over_tasks_details(data)


def test_a_clear_gain_over_many_seeds_is_claimed() -> None:
    finding, _ = of(0.02, 12, 0.5)
    assert finding.claim == "lnsr scored higher than plain on average over 3 tasks."
    assert finding.evidence.startswith("Mean difference +1.97 points over 12 seeds, 95 % interval")
    assert "higher in 3 of 3 tasks. Chance in the seed alone hardly explains" in finding.evidence
    assert "no difference in stability shown" in finding.evidence
    assert "Runs that did not learn: 0 of 36, of plain 0 of 36." in finding.evidence


def test_few_seeds_give_a_hint_at_most() -> None:
    finding, _ = of(-0.02, 4)
    assert finding.claim == (
        "There is a hint that lnsr scores lower than plain on average over 3 tasks."
    )
    assert "cannot go below p = 0.12" in finding.evidence


def test_no_difference_is_no_proof() -> None:
    finding, details = of(0.0, 8)
    assert finding.claim.startswith("No difference between lnsr and plain is shown on average")
    assert any("does not show" in sentence for sentence in details)


def test_spread_is_claimed_only_where_the_interval_leaves_out_1() -> None:
    steady, wide = of(0.02, 12, 0.1)[0], of(0.02, 12, 4.0)[0]
    assert steady.claim.endswith("lnsr was steadier over seeds, and 0 of 36 runs did not learn.")
    assert "lnsr was less steady over seeds, and 0 of 36 runs" in wide.claim
    assert "exploratory" in steady.evidence


def test_one_seed_proves_nothing() -> None:
    finding, details = of(0.1, 1)
    assert finding.claim == ("One seed cannot tell whether lnsr differs from plain over 3 tasks.")
    assert "Spread over seeds cannot be compared." in finding.evidence
    assert details == ()


def test_no_common_seed_is_said() -> None:
    records = several_tasks(lambda *_: 0.7, ("one",), seeds=2)
    other = several_tasks(lambda *_: 0.7, ("two",), seeds=2)
    for made in other:
        made["spec"]["seed"] += 5
    data = averaged_of([*records, *other])
    (finding,) = over_tasks_findings(data)
    assert "share no seed over 2 tasks" in finding.claim


def test_out_of_domain_is_one_exploratory_sentence() -> None:
    _, details = of(0.02, 12)
    sentence = next(d for d in details if d.startswith("Out of domain"))
    assert "1 of 1 mean differences to plain" in sentence
    assert "(lnsr +1.97 points)" in sentence and "Exploratory" in sentence
