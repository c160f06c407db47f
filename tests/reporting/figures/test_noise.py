"""The curves of noise, as numbers."""

from __future__ import annotations

import pytest

from steadytune.reporting.figures.noise import noise_curves
from tests.reporting.fabricated import profile, record, section_of


def test_noise_curves_are_means_in_percent() -> None:
    records = [record(seed=s, profile=profile(after=0.02 * (s + 1))) for s in range(2)]
    records.append(record(seed=2, status="diverged", profile=profile(after=9.0)))
    (found,) = noise_curves(section_of(records))
    assert found.runs == 2
    assert [curve.first for curve in found.curves] == [0, 2]
    assert found.curves[0].before == pytest.approx((5, 6, 6, 6))
    assert found.curves[0].after == pytest.approx((5, 3, 3, 3))
    assert found.curves[1].after == pytest.approx((5, 3))


def test_undefined_ratios_leave_gaps() -> None:
    made = profile()
    made["after"]["ratio"] = [[0.05, None, None, 0.01], [0.05, float("nan")]]
    (found,) = noise_curves(section_of([record(profile=made)]))
    assert found.curves[0].after == (5.0, None, None, 1.0)
    assert found.curves[1].after == (5.0, None)


def test_no_profiles_no_curves() -> None:
    assert noise_curves(section_of([record(profile=None)])) == ()
