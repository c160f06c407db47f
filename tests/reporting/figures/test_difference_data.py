"""What the figures of differences and of cost show, as numbers."""

from __future__ import annotations

import pytest

from steadytune.reporting.figures import difference_data
from tests.reporting.fabricated import record, setting_of, study


def test_paired_differences_by_domain() -> None:
    (found,) = difference_data.differences(setting_of(study(3)))
    assert (found.method, found.baseline) == ("lnsr", "plain")
    assert found.axis == "difference in accuracy (points)"
    assert [row.domain.name for row in found.rows] == ["movie", "tweet"]
    movie = found.rows[0]
    assert movie.mean == pytest.approx(sum(movie.differences) / 3)
    assert movie.interval is not None
    assert found.limits[0] < movie.interval[0] < movie.mean < movie.interval[1] < found.limits[1]


def test_one_pair_has_no_interval_and_no_pair_no_row() -> None:
    (found,) = difference_data.differences(setting_of(study(1)))
    assert found.rows[0].interval is None
    assert difference_data.differences(setting_of([record("plain", 0), record("lnsr", 1)])) == ()


def test_cost_against_gain() -> None:
    found = difference_data.cost_against_gain(setting_of(study(3)))
    assert found is not None
    (point,) = found.points
    assert point.cost == pytest.approx(1.5)
    assert point.interval is not None
    assert point.interval[0] < point.gain < point.interval[1]
    assert difference_data.cost_against_gain(setting_of(study(3, ("plain",)))) is None
    free = [record("plain", cost={}), record("lnsr", cost={})]
    assert difference_data.cost_against_gain(setting_of(free)) is None
