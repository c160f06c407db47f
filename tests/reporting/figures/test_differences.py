"""Paired differences, as numbers."""

from __future__ import annotations

import pytest

from steadytune.reporting.figures.differences import differences
from tests.reporting.fabricated import record, section_of, study


def test_paired_differences_by_domain() -> None:
    found = differences(section_of(study(3)))
    assert [domain.name for domain in found] == ["movie", "tweet"]
    movie, tweet = found.values()
    assert movie.axis == "difference in accuracy (points)" and movie.still == 0
    (lnsr,) = movie.estimates
    assert lnsr.method == "lnsr" and lnsr.interval is not None and movie.limits is not None
    assert lnsr.value == pytest.approx(sum(lnsr.singles) / 3)
    assert movie.limits[0] < lnsr.interval.low < lnsr.value < lnsr.interval.high < movie.limits[1]
    assert tweet.limits == movie.limits


def test_one_pair_has_no_interval_and_no_pair_no_row() -> None:
    (lnsr,) = next(iter(differences(section_of(study(1))).values())).estimates
    assert lnsr.interval is None
    assert differences(section_of([record("plain", 0), record("lnsr", 1)])) == {}
