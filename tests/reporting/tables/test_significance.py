"""Tests of the differences."""

from __future__ import annotations

from steadytune.reporting.tables.significance import significance_table
from tests.reporting.fabricated import cells, record, section_of, study


def test_both_tests_with_the_smallest_p_they_could_reach() -> None:
    section = section_of(
        [record("plain", s, movie=0.70) for s in range(4)]
        + [record("lnsr", s, movie=m) for s, m in enumerate((0.71, 0.72, 0.73, 0.70))]
    )
    found = cells(significance_table(section))
    row = found["lnsr minus plain", "movie, in domain"]
    # One of four differences is zero: Wilcoxon's test leaves it out, the sign-flip test does not.
    assert row[:5] == ("4", "0.25", "0.12", "0.25", "0.25")
    assert row[5] == "0.88"
    assert significance_table(section_of(study(1, ("plain",)))) is None
