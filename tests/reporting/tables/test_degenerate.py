"""What became of degenerate runs."""

from __future__ import annotations

from steadytune.reporting.tables.degenerate import degenerate_table
from tests.reporting.fabricated import cells, profile, record, section_of


def test_noise_that_dies_out_is_counted_in_degenerate_runs_and_in_the_others() -> None:
    """Before fine-tuning noise moves the top layer by 6 %: the limit lies at 1.5 %."""
    records = [
        record("plain", 0, profile=profile(after=0.05)),
        record("lnsr", 0, movie=0.5, profile=profile(after=0.014)),
        record("lnsr", 1, movie=0.4, profile=profile(after=0.016)),
        record("lnsr", 2, movie=0.8, profile=profile(after=0.03)),
        record("lnsr", 5, movie=0.8, profile=profile(after=0.01)),
        record("lnsr", 3, status="diverged"),
        record("lnsr", 4, status="cancelled"),
    ]
    table = degenerate_table(section_of(records))
    assert cells(table) == {
        ("", "lnsr"): (*("3 of 5", "1 of 2", "6.00 %", "1.50 %", "2.00 %", "1 of 2"),)
    }
    assert table is not None and "less than 25 %" in table.notes[1]


def test_an_undefined_score_is_a_degenerate_one() -> None:
    table = degenerate_table(section_of([record(movie=None, profile=profile(after=0.001))]))
    assert cells(table)["", "plain"] == (
        *("1 of 1", "1 of 1", "6.00 %", "0.10 %", "n/a", "0 of 0"),
    )


def test_no_table_without_degenerate_runs_that_left_a_profile() -> None:
    records = [record(seed=0), record(seed=1, movie=0.4, profile=None)]
    assert degenerate_table(section_of(records)) is None
