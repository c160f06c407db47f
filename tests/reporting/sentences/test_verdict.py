"""The verdict claims no more than the numbers allow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from steadytune.reporting.sentences.verdict import Verdict, verdict
from tests.reporting.fabricated import record, section_of

NOISE = (0.004, -0.006, 0.002, 0.005, -0.004, 0.001, -0.003, 0.006, -0.001, 0.003, -0.002, 0.0)


def of(gain: float, seeds: int, noise: float = 1.0, **changes: Any) -> Verdict:
    records = [record("plain", s, movie=0.7 + NOISE[s] / 2, **changes) for s in range(seeds)]
    records += [
        record("lnsr", s, movie=0.7 + NOISE[s] / 2 + gain + noise * NOISE[-1 - s], **changes)
        for s in range(seeds)
    ]
    return verdict(section_of(records))


def text(found: Verdict) -> str:
    return " ".join([*(f"{f.claim} {f.evidence}" for f in found.findings), *found.details])


def test_a_clear_gain_over_many_seeds_is_claimed() -> None:
    found = of(0.02, 12)
    (finding,) = found.findings
    assert finding.claim == "lnsr scored higher than plain."
    assert "+2.0 points on average over 12 seeds, 95 % interval" in finding.evidence
    assert "sign-flip test, p below 0.001" in finding.evidence
    assert "few seeds" not in text(found)


def test_a_clear_loss_is_claimed_as_well() -> None:
    assert of(-0.02, 12).findings[0].claim == "lnsr scored lower than plain."


@pytest.mark.parametrize("seeds", [3, 5])
def test_few_seeds_give_a_hint_at_most(seeds: int) -> None:
    found = of(0.05, seeds)
    assert found.findings[0].claim.startswith("There is a hint that lnsr scores higher")
    assert "cannot go below p = 0." in found.findings[0].evidence
    assert f"With {seeds} seeds this is a first look: few seeds prove little." in text(found)


def test_an_interval_across_zero_shows_no_difference_and_says_that_is_no_proof() -> None:
    (finding,) = of(0.001, 6, noise=2.0).findings
    assert finding.claim == "No difference between lnsr and plain is shown."
    assert "does not show that there is none" in finding.evidence


def test_one_seed_proves_nothing() -> None:
    found = of(0.1, 1)
    assert found.findings[0].claim == "One seed cannot tell whether lnsr differs from plain."
    assert "one proves nothing" in text(found)
    assert "interval" not in found.findings[0].evidence


def test_equal_differences_have_no_interval() -> None:
    (finding,) = of(0.02, 3, noise=0.0).findings
    assert finding.claim == "No difference between lnsr and plain is shown."
    assert "the same with every seed" in finding.evidence


def test_nothing_to_compare_is_said() -> None:
    alone = verdict(section_of([record("plain")]))
    assert "nothing to compare it with" in alone.findings[0].claim
    without = verdict(section_of([record("a"), record("b")]))
    assert "baseline was not run" in without.findings[0].claim
    apart = verdict(section_of([record("plain", 0), record("lnsr", 1)]))
    assert "share no seed" in apart.findings[0].claim


def test_spread_is_given_with_its_uncertainty() -> None:
    sentence = next(d for d in of(0.02, 5).details if d.startswith("Spread"))
    assert "has a 95 % bootstrap interval of" in sentence
    assert "no difference in stability shown" in sentence


def test_out_of_domain_is_called_exploratory() -> None:
    assert "these comparisons are exploratory" in text(of(0.02, 5))


def test_absence_of_accidents_is_no_proof_of_safety() -> None:
    assert "could still fail in up to 52 % of runs" in text(of(0.02, 5))


def test_accidents_are_counted_with_their_uncertainty() -> None:
    records = [record("plain", s) for s in range(5)]
    records += [record("lnsr", s, status="diverged" if s == 0 else "ok") for s in range(5)]
    found = text(verdict(section_of(records)))
    assert "1 of 5 runs of lnsr did not learn, 1 of them because training diverged" in found
    assert "1 % to 72 %" in found


def test_a_study_in_which_nothing_was_learned_says_so() -> None:
    records = [record(m, s, movie=0.5) for m in ("plain", "lnsr") for s in range(3)]
    assert "nothing was learned" in text(verdict(section_of(records)))


def test_equal_differences_out_of_domain_have_no_interval() -> None:
    found = text(of(0.02, 3))
    assert "tweet 0.0 points. No interval can be given" in found


def test_the_scope_of_the_intervals_is_said() -> None:
    assert "not the choice of examples" in text(of(0.02, 5))
    records = [
        record(method, 0, spec={"subset_seed": subset})
        for method in ("plain", "lnsr")
        for subset in range(2)
    ]
    assert "too narrow to speak for other subsets" in text(verdict(section_of(records)))


def test_many_methods_are_summed_up() -> None:
    methods = ["plain", *"abcdef"]
    records = [
        record(m, s, movie=0.7 + NOISE[s] + 0.01 * i + NOISE[(s + i) % 12])
        for i, m in enumerate(methods)
        for s in range(6)
    ]
    found = verdict(section_of(records))
    assert len(found.findings) == 6
    assert len(found.details) <= 6
    assert "of 6 ratios of standard deviations" in text(found)


def test_several_subsets_are_the_unit_of_evidence() -> None:
    records = [
        record(m, s, movie=0.7 + (m == "lnsr") * (0.02 + NOISE[s + k]), spec={"subset_seed": k})
        for m in ("plain", "lnsr")
        for k in range(4)
        for s in range(5)
    ]
    found = text(verdict(section_of(records)))
    assert "on average over 4 training subsets" in found
    assert "count training subsets, not runs" in found
    assert "With 4 training subsets this is a first look" in found
    assert "too narrow" not in found


def test_an_interval_that_ends_at_zero_when_rounded_is_explained() -> None:
    records = [record("plain", s, movie=0.7) for s in range(12)]
    records += [record("lnsr", s, movie=0.7 + 0.01005 + 0.015 * (-1) ** s) for s in range(12)]
    # A second comparison, so that the corrected p-value does not confirm the first.
    records += [record("other", s, movie=0.7 + NOISE[s]) for s in range(12)]
    finding = verdict(section_of(records)).findings[0]
    assert "95 % interval 0.0 to +2.0" in finding.evidence
    assert "excludes zero by less than the last digit" in finding.evidence


def test_spread_that_cannot_be_compared_is_not_passed_over() -> None:
    assert "cannot be compared here" in text(of(0.02, 1))
    assert "cannot be compared here" not in text(of(0.02, 5))


def test_methods_whose_spread_cannot_be_compared_for_one_reason_share_a_sentence() -> None:
    records = [record(m, s) for m in ("plain", "a", "b, large") for s in range(2)]
    found = text(verdict(section_of(records)))
    assert 'it takes 4 seeds in common, and plain has 2 with a, "b, large".' in found


def test_the_spreads_in_a_sentence_are_of_the_runs_that_their_ratio_counts() -> None:
    wild = (0.1, 0.9)
    records = [record("plain", s, movie=0.7 + NOISE[s]) for s in range(8)]
    records += [record("plain", 8 + i, movie=score) for i, score in enumerate(wild)]
    records += [record("lnsr", s, movie=0.7 + NOISE[11 - s] / 2) for s in range(8)]
    found = text(verdict(section_of(records)))
    plain, lnsr = (100 * float(np.std(part, ddof=1)) for part in (NOISE[:8], NOISE[4:]))
    assert "Spread over the 8 runs that both have" in found
    assert f"{lnsr / 2:.2f} points for lnsr, {plain:.2f} for plain" in found
