"""Noise sensitivity against score."""

from __future__ import annotations

import pytest

from steadytune.report.curve_panels import stability_caption
from steadytune.report.schema import Record
from steadytune.report.stability_data import sensitivity, stability
from tests.report.fabricated import profile, record, setting_of


def test_sensitivity_is_that_of_the_top_layer_to_noise_at_the_bottom() -> None:
    made = Record.model_validate(record(profile=profile(after=0.03)))
    assert sensitivity(made) == pytest.approx(3.0)
    assert sensitivity(Record.model_validate(record(profile=None))) is None


def test_the_correlation_stays_inside_the_methods() -> None:
    records = []
    for rank, method in enumerate(("plain", "lnsr")):
        for s in range(6):
            # Inside a method stable runs score higher; the stabler method scores lower.
            moved = 0.05 - 0.03 * rank + s / 1000
            records.append(
                record(method, s, movie=0.8 - 0.1 * rank - s / 100, profile=profile(after=moved))
            )
    found = stability(setting_of(records))
    assert found is not None
    assert found.within.value == pytest.approx(-1.0, abs=1e-6)
    assert (found.within.groups, found.total, found.layer) == (2, 12, 0)
    assert found.methods[0].points[0] == pytest.approx((5.0, 80.0))
    assert "inside 2 methods, pooled: -1.00" in stability_caption(found)


def test_runs_that_failed_and_methods_with_two_runs_are_left_out() -> None:
    records = [record(seed=s, status="diverged" if s == 0 else "ok") for s in range(3)]
    assert stability(setting_of(records)) is None


def test_no_variation_gives_no_correlation() -> None:
    found = stability(setting_of([record(seed=s) for s in range(4)]))
    assert found is not None and found.within.value is None
    assert "Too few runs" in stability_caption(found)
