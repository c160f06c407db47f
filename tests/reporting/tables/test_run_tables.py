"""Tables of what runs cost, of those that failed, and of what arms vary."""

from __future__ import annotations

from steadytune.records.schema import Record
from steadytune.reporting.tables import run_tables
from tests.reporting.fabricated import cells, record, setting_of, study


def test_cost_is_in_readable_times() -> None:
    found = cells(run_tables.cost_table(setting_of(study(3))))
    assert found["", "lnsr"] == ("3", "0.3 s", "1.50 times", "10 s", "39 s")


def test_failures_say_what_happened_and_what_they_count_as() -> None:
    records = [
        record(seed=0),
        record("lnsr", 1, status="diverged", reason="loss is NaN at step 7"),
        record("lnsr", 2, status="cancelled"),
        record("lnsr", 3, status="failed", task=None, reason="no model"),
    ]
    table = run_tables.failure_table([Record.model_validate(made) for made in records])
    assert table is not None
    rows = [row.cells for row in table.groups[0].rows]
    assert rows[0] == (
        "reviews",
        "1",
        "diverged: met NaN or infinity",
        "loss is NaN at step 7",
        "constant predictor, 50.0 %",
    )
    assert [row[-1] for row in rows[1:]] == ["left out", "left out"]
    assert rows[1][3] == "not recorded"


def test_many_failures_are_cut_and_counted() -> None:
    records = [Record.model_validate(record(seed=s, status="diverged")) for s in range(60)]
    table = run_tables.failure_table(records)
    assert table is not None
    assert len(table.groups[0].rows) == 50
    assert table.notes == ("10 more runs did not end well; see the records.",)
    assert run_tables.failure_table([Record.model_validate(record())]) is None


def test_forwards_and_memory_are_shown_where_they_were_measured() -> None:
    cost = {"seconds_per_step": 0.5, "forwards_per_step": 2.0, "peak_memory_bytes": 1_687_322_624}
    table = run_tables.cost_table(setting_of([record(cost=cost), record("lnsr", cost={})]))
    assert cells(table)["", "plain"] == ("1", "0.5 s", "1.00 times", "2", "10 s", "13 s", "1.7 GB")
    assert cells(table)["", "lnsr"][3] == "n/a"
    assert "Peak memory" not in run_tables.cost_table(setting_of([record()])).columns
