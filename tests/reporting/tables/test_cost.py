"""What runs cost."""

from __future__ import annotations

from steadytune.reporting.tables.cost import cost_table
from tests.reporting.fabricated import cells, record, section_of, study


def test_cost_is_in_readable_times() -> None:
    found = cells(cost_table(section_of(study(3))))
    assert found["", "lnsr"] == ("3", "0.3 s", "1.50 times", "10 s", "39 s")


def test_forwards_and_memory_are_shown_where_they_were_measured() -> None:
    cost = {"seconds_per_step": 0.5, "forwards_per_step": 2.0, "peak_memory_bytes": 1_687_322_624}
    table = cost_table(section_of([record(cost=cost), record("lnsr", cost={})]))
    assert cells(table)["", "plain"] == ("1", "0.5 s", "1.00 times", "2", "10 s", "13 s", "1.7 GB")
    assert cells(table)["", "lnsr"][3] == "n/a"
    assert "Peak memory" not in cost_table(section_of([record()])).headings
