"""From records to numbers, against values computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from steadytune.reporting.analysis.analyse import analyse, method_order
from steadytune.reporting.analysis.section_numbers import Domain, SectionNumbers
from tests.reporting.fabricated import record, run_of, study


def analysed(records: list[dict[str, Any]], baseline: str = "plain") -> tuple[SectionNumbers, ...]:
    parsed = [run_of(made) for made in records]
    methods = method_order(parsed, baseline, [])
    return analyse(parsed, methods, baseline, np.random.default_rng(0))


def test_numbers_of_a_small_study() -> None:
    (section,) = analysed(
        [
            record("plain", 0, movie=0.70),
            record("plain", 1, movie=0.80),
            record("lnsr", 1, movie=0.84),
            record("lnsr", 0, movie=0.72),
        ]
    )
    movie, tweet = section.domains
    assert (movie.domain, movie.constant) == (Domain("movie", True), 0.5)
    assert tweet.domain == Domain("tweet", False)
    plain, lnsr = movie.methods
    assert plain.summary.mean == pytest.approx(0.75)
    assert lnsr.summary.std == pytest.approx(0.12 / np.sqrt(2))
    (primary,) = section.primary
    assert primary.difference.differences == pytest.approx((0.04, 0.02))
    assert primary.difference.mean == pytest.approx(0.03)
    assert primary.adjusted_p == primary.difference.p_value == 0.5


def test_failures_stay_in_the_primary_numbers() -> None:
    records = [record("plain", 0), record("lnsr", 0, status="diverged"), record("lnsr", 1)]
    (section,) = analysed(records)
    lnsr = section.domains[0].methods[1]
    assert lnsr.summary.mean == pytest.approx((0.5 + 0.8) / 2)
    assert (lnsr.summary.count, lnsr.finished.count) == (2, 1)
    assert (lnsr.degenerate.count, lnsr.degenerate.total) == (1, 2)
    assert len(lnsr.stand_ins) == 1


def test_settings_are_kept_apart() -> None:
    other = [record("plain", 0, spec={"epochs": 5.0}), record("lnsr", 0, spec={"epochs": 5.0})]
    sections = analysed(study(2) + other)
    assert [s.spec["epochs"] for s in sections] == [3.0, 5.0]
    assert [c.difference.count for s in sections for c in s.primary] == [2, 1]


def test_training_subsets_are_one_setting_with_separate_pairs() -> None:
    records = [
        record(method, 0, spec={"subset_seed": subset, "data_hash": f"d{subset}"})
        for method in ("plain", "lnsr")
        for subset in range(3)
    ]
    (section,) = analysed(records)
    assert section.primary[0].difference.count == 3


def test_the_train_split_is_not_a_domain() -> None:
    made = record(results={"movie": {"accuracy": 0.8}, "train": {"accuracy": 1.0}})
    (section,) = analysed([made])
    assert [d.domain.name for d in section.domains] == ["movie", "tweet"]
    assert section.domains[1].methods[0].summary.count == 0


def test_in_domain_p_values_are_corrected_over_the_whole_report() -> None:
    sections = analysed(study(6, ("plain", "a", "b")) + study(6, ("other", "plain", "c")))
    raw = [c.difference.p_value for s in sections for c in s.primary]
    adjusted = [c.adjusted_p for s in sections for c in s.primary]
    assert len(raw) >= 3
    smallest = min(p for p in raw if p is not None)
    assert min(p for p in adjusted if p is not None) == pytest.approx(min(1, smallest * len(raw)))
    assert all(c.adjusted_p is None for s in sections for c in s.comparisons if not c.in_domain)


def test_without_the_baseline_there_are_no_comparisons() -> None:
    (section,) = analysed(study(2, ("a", "b")))
    assert section.baseline is None
    assert section.comparisons == ()
    assert section.costs[0].ratio is None


def test_cost_is_relative_to_the_baseline() -> None:
    (section,) = analysed(study(3))
    plain, lnsr = section.costs
    assert plain.ratio == 1.0
    assert lnsr.ratio == pytest.approx(1.5)
    assert lnsr.total_seconds == 39.0
    assert lnsr.training_seconds == 10.0


def test_the_order_of_methods_and_their_colours() -> None:
    records = [run_of(record(m)) for m in ("z", "plain", "a", "m")]
    order = method_order(records, "plain", ["m", "absent"])
    assert order == ["plain", "m", "a", "z"]
    (section,) = analyse(records, order, "plain", np.random.default_rng(0))
    assert list(section.slots.values()) == [0, 1, 2, 3]


def test_a_study_that_loaded_no_task_has_no_section() -> None:
    assert analysed([record(status="failed", task=None)]) == ()


def over_subsets(subsets: int, seeds: int = 2) -> list[dict[str, Any]]:
    """The gain is 1 point on subset 0, 2 on subset 1 and so on, plus or minus by seed."""
    return [
        record(
            method,
            seed,
            movie=0.7 + (method == "lnsr") * (0.01 * (subset + 1) + 0.02 * (seed - 0.5)),
            spec={"subset_seed": subset, "data_hash": f"d{subset}"},
        )
        for method in ("plain", "lnsr")
        for subset in range(subsets)
        for seed in range(seeds)
    ]


def test_from_three_subsets_on_intervals_count_subsets() -> None:
    (section,) = analysed(over_subsets(3))
    (primary,) = section.primary
    assert (primary.subsets, primary.difference.count, len(primary.by_run)) == (3, 3, 6)
    assert primary.difference.differences == pytest.approx((0.01, 0.02, 0.03))
    assert primary.difference.smallest_p == primary.ranks.smallest_p == 0.25
    assert primary.difference.interval is not None
    # Student's t with two degrees of freedom: 4.303 standard errors to either side.
    half = 4.3027 * 0.01 / np.sqrt(3)
    assert primary.difference.interval.high == pytest.approx(0.02 + half, abs=1e-5)
    assert primary.spread.count == 6


def test_two_subsets_are_too_few_for_that() -> None:
    (primary,) = analysed(over_subsets(2))[0].primary
    assert (primary.subsets, primary.difference.count) == (0, 4)


def test_uneven_subsets_weigh_the_same() -> None:
    records = [*over_subsets(3), *over_subsets(1, seeds=6)[2:]]
    (primary,) = analysed(records)[0].primary
    assert primary.difference.count == 3


def test_the_gap_between_training_and_test() -> None:
    made = [record(seed=s, movie=0.7 + s / 100) for s in range(3)]
    for each in made:
        each["results"]["train"] = {"accuracy": 0.9}
    (section,) = analysed([*made, record(seed=9, status="diverged")])
    assert section.gaps["plain"].gaps == pytest.approx((0.2, 0.19, 0.18))


def test_what_the_model_has_seen_is_marked() -> None:
    made = record()
    made["task"]["exposed"] = ["tweet"]
    (section,) = analysed([made])
    assert [d.domain.exposed for d in section.domains] == [False, True]
    assert section.domains[1].domain.place == "out of domain, seen by the model in pretraining"


def test_another_model_has_not_seen_what_the_embedded_one_has() -> None:
    made = record(spec={"model": "bert-large-uncased"})
    made["task"]["exposed"] = ["tweet"]
    assert not analysed([made])[0].domains[1].domain.exposed
    made["spec"]["model"] = "microsoft/MiniLM-L12-H384-uncased"
    assert not analysed([made])[0].domains[1].domain.exposed
    made["spec"]["model"] = "sentence-transformers/all-MiniLM-L6-v2"
    assert analysed([made])[0].domains[1].domain.exposed
