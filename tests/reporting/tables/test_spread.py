"""Ratios of spreads."""

from __future__ import annotations

from steadytune.reporting.tables.spread import spread_table
from tests.reporting.fabricated import cells, section_of, study


def test_spread_has_two_intervals() -> None:
    found = cells(spread_table(section_of(study(6))))
    row = found["lnsr over plain", "movie, in domain"]
    assert len(row) == 6 and " to " in row[2] and " to " in row[3]
