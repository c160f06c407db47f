"""The verdict over tasks claims no more than the numbers allow."""

from __future__ import annotations

from steadytune.reporting.sentences.over_tasks_verdict import (
    over_tasks_details,
    over_tasks_findings,
)
from steadytune.reporting.sentences.verdict import Finding
from tests.reporting.fabricated_tasks import averaged, several_tasks

NOISE = (0.004, -0.006, 0.002, 0.005, -0.004, 0.001, -0.003, 0.006, -0.001, 0.003, -0.002, 0.0)


def of(gain: float, seeds: int, width: float = 1.0) -> tuple[Finding, tuple[str, ...]]:
    def score(task: str, method: str, seed: int) -> float:
        if method == "plain":
            return 0.7 + NOISE[seed] / 2
        return 0.7 + gain + width * NOISE[-1 - seed] * (1 if task == "one" else -0.9)

    data = averaged(several_tasks(score, ("one", "two", "three"), seeds=seeds))
    assert data is not None
    (finding,) = over_tasks_findings(data)
    return finding, over_tasks_details(data)


def test_a_clear_gain_over_many_seeds_is_claimed() -> None:
    finding, _ = of(0.02, 12, 0.5)
    assert finding.claim == "lnsr scored higher than plain on average over 3 tasks."
    assert finding.evidence.startswith("Mean difference +1.97 points over 12 seeds, 95 % interval")
    assert "higher in 3 of 3 tasks. Chance in the seed alone hardly explains" in finding.evidence
    assert "no difference in stability shown" in finding.evidence
    assert "Degenerate runs: 0 of 36, of plain 0 of 36." in finding.evidence


def test_few_seeds_give_a_hint_at_most() -> None:
    finding, _ = of(-0.02, 4)
    assert finding.claim == (
        "There is a hint that lnsr scores lower than plain on average over 3 tasks."
    )
    assert "cannot go below p = 0.12" in finding.evidence


def test_no_difference_is_no_proof() -> None:
    finding, details = of(0.0, 8)
    assert finding.claim.startswith("No difference between lnsr and plain is shown on average")
    assert any("no proof" in sentence for sentence in details)


def test_spread_is_claimed_only_where_the_interval_leaves_out_1() -> None:
    steady, wide = of(0.02, 12, 0.1)[0], of(0.02, 12, 4.0)[0]
    assert steady.claim.endswith("lnsr was steadier over seeds.")
    assert wide.claim.endswith("lnsr was less steady over seeds.")
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
    data = averaged([*records, *other])
    assert data is not None
    (finding,) = over_tasks_findings(data)
    assert "share no seed over 2 tasks" in finding.claim


def test_out_of_domain_is_one_exploratory_sentence() -> None:
    _, details = of(0.02, 12)
    sentence = next(d for d in details if d.startswith("Out of domain"))
    assert "1 of 1 mean differences to plain" in sentence
    assert "(lnsr +1.97 points)" in sentence and "Exploratory" in sentence


def test_many_methods_are_told_at_the_top_which_stand_out() -> None:
    gains = {"plain": 0.0, "a": 0.02, "b, large": 0.03, "c": -0.02, "d": 0.0}

    def score(task: str, method: str, seed: int) -> float:
        width = 0.1 if method == "a" else 1.0
        return 0.7 + gains[method] + width * NOISE[-1 - seed if method != "plain" else seed]

    data = averaged(several_tasks(score, methods=tuple(gains), seeds=12))
    assert data is not None
    lead, *findings = over_tasks_findings(data)
    assert len(findings) == 4
    assert lead.claim == (
        "Of 4 methods, shown to score higher than plain on average over 2 tasks: a; b, large; "
        "lower: c."
    )
    assert lead.evidence == "Spread over seeds, exploratory and not corrected: steadier: a."
    few = averaged(several_tasks(score, methods=tuple(gains), seeds=3))
    assert few is not None
    assert over_tasks_findings(few)[0].evidence.startswith("Hints of higher scores: ")
