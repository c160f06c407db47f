"""Cost against gain, as numbers."""

from __future__ import annotations

import pytest

from steadytune.reporting.figures.cost import cost_against_gain
from tests.reporting.fabricated import record, section_of, study


def test_cost_against_gain() -> None:
    found = cost_against_gain(section_of(study(3)))
    assert found is not None
    (point,) = found.points
    assert point.cost == pytest.approx(1.5)
    interval = point.gain.interval
    assert interval is not None
    assert interval.low < point.gain.value < interval.high
    assert cost_against_gain(section_of(study(3, ("plain",)))) is None
    free = [record("plain", cost={}), record("lnsr", cost={})]
    assert cost_against_gain(section_of(free)) is None
