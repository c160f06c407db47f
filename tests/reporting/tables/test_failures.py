"""Runs that did not end well."""

from __future__ import annotations

from steadytune.reporting.tables.failures import failure_table
from tests.reporting.fabricated import record, run_of


def test_failures_say_what_happened_and_what_they_count_as() -> None:
    records = [
        record(seed=0),
        record("lnsr", 1, status="diverged", reason="loss is NaN at step 7"),
        record("lnsr", 2, status="cancelled"),
        record("lnsr", 3, status="failed", task=None, reason="no model"),
    ]
    table = failure_table([run_of(made) for made in records])
    assert table is not None
    rows = [row.cells for row in table.groups[0].rows]
    assert rows[0] == (
        "reviews",
        "1",
        "diverged: met NaN or infinity",
        "loss is NaN at step 7",
        "majority-class baseline, 50.0 %",
    )
    assert [row[-1] for row in rows[1:]] == ["left out", "left out"]
    assert rows[1][3] == "not recorded"


def test_many_failures_are_cut_and_counted() -> None:
    records = [run_of(record(seed=s, status="diverged")) for s in range(60)]
    table = failure_table(records)
    assert table is not None
    assert len(table.groups[0].rows) == 50
    assert table.notes == ("10 more runs did not end well; see the records.",)
    assert failure_table([run_of(record())]) is None
