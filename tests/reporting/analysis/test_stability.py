"""Noise sensitivity against score."""

from __future__ import annotations

import pytest

from steadytune.reporting.analysis.section_numbers import SectionNumbers
from steadytune.reporting.analysis.stability import sensitivity, stability, stability_over
from steadytune.reporting.figures.stability import stability_caption
from tests.reporting.fabricated import profile, record, run_of, section_of


def test_sensitivity_is_that_of_the_top_layer_to_noise_at_the_bottom() -> None:
    made = run_of(record(profile=profile(after=0.03)))
    assert sensitivity(made) == pytest.approx(3.0)
    assert sensitivity(run_of(record(profile=None))) is None


def test_the_correlation_stays_inside_the_methods() -> None:
    records = []
    for rank, method in enumerate(("plain", "lnsr")):
        for s in range(6):
            # Inside a method stable runs score higher; the stabler method scores lower.
            moved = 0.05 - 0.03 * rank + s / 1000
            records.append(
                record(method, s, movie=0.8 - 0.1 * rank - s / 100, profile=profile(after=moved))
            )
    found = stability(section_of(records))
    assert found is not None
    assert found.within.every.value == pytest.approx(-1.0, abs=1e-6)
    assert (found.within.every.groups, found.total, found.layer) == (2, 12, 0)
    assert found.methods[0].points[0] == pytest.approx((5.0, 80.0))
    assert "inside 2 methods, pooled: -1.00" in stability_caption(found)


def test_runs_that_failed_and_methods_with_three_runs_are_left_out() -> None:
    records = [record(seed=s, status="diverged" if s == 0 else "ok") for s in range(4)]
    assert stability(section_of(records)) is None


def test_no_variation_gives_no_correlation() -> None:
    found = stability(section_of([record(seed=s) for s in range(4)]))
    assert found is not None and found.within.every.value is None
    assert "Too few runs" in stability_caption(found)


def test_degenerate_runs_are_set_apart_and_counted_both_ways() -> None:
    records = [
        record(seed=s, movie=0.8 - s / 100, profile=profile(after=0.04 + s / 1000))
        for s in range(5)
    ]
    # It ends at the majority-class baseline, and noise hardly moves it.
    records.append(record(seed=9, movie=0.5, profile=profile(after=0.001)))
    found = stability(section_of(records))
    assert found is not None
    (method,) = found.methods
    assert method.degenerate == (pytest.approx((0.1, 50.0)),)
    assert (len(method.points), method.every.count, method.learned.count) == (5, 6, 5)
    assert method.learned.value == pytest.approx(-1.0)
    assert method.every.value is not None and method.every.value > -0.5
    assert (found.within.degenerate, found.within.every.count) == (1, 6)
    assert "A ring is a run that did not learn." in stability_caption(found)


def test_an_undefined_score_counts_as_the_constant_predictor() -> None:
    """A correlation is undefined where a model answers the same to everything: it has not left."""
    records = [record(seed=s, movie=0.8, profile=profile(after=0.04 + s / 1000)) for s in range(4)]
    records.append(record(seed=9, movie=None, profile=profile(after=0.001)))
    found = stability(section_of(records))
    assert found is not None
    assert found.methods[0].degenerate == (pytest.approx((0.1, 50.0)),)
    assert found.total == 5


def test_settings_are_groups_of_their_own_and_losses_are_turned() -> None:
    def sections(metric: str, rising: int) -> SectionNumbers:
        records = [
            record(seed=s, profile=profile(after=0.04 + s / 1000 + 0.1 * rising)) for s in range(6)
        ]
        for made in records:
            made["task"].update(metric=metric, constant={})
            made["results"] = {"movie": {metric: 0.5 + rising * made["spec"]["seed"] / 100}}
        return section_of(records)

    found = stability_over([sections("accuracy", -1), sections("loss", 1)])
    assert found is not None
    assert found.every.value == pytest.approx(-1.0)
    assert (found.every.groups, found.every.count) == (2, 12)
    assert stability_over([section_of([record(profile=None)])]) is None
