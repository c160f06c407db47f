"""Paired differences, as numbers."""

from __future__ import annotations

import pytest

from steadytune.reporting.figures.differences import differences
from tests.reporting.fabricated import record, section_of, study


def test_paired_differences_by_domain() -> None:
    (found,) = differences(section_of(study(3)))
    assert (found.method, found.baseline) == ("lnsr", "plain")
    assert found.axis == "difference in accuracy (points)"
    assert [row.domain.name for row in found.rows] == ["movie", "tweet"]
    movie = found.rows[0]
    assert movie.mean == pytest.approx(sum(movie.differences) / 3)
    assert movie.interval is not None
    assert found.limits[0] < movie.interval[0] < movie.mean < movie.interval[1] < found.limits[1]


def test_one_pair_has_no_interval_and_no_pair_no_row() -> None:
    (found,) = differences(section_of(study(1)))
    assert found.rows[0].interval is None
    assert differences(section_of([record("plain", 0), record("lnsr", 1)])) == ()
