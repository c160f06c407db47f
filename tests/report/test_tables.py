"""Tables as data."""

from __future__ import annotations

from fabricated import record, setting_of, study

from steadytune.report import tables
from steadytune.report.schema import Record
from steadytune.report.tables import Table


def cells(table: Table | None) -> dict[tuple[str, str], tuple[str, ...]]:
    assert table is not None
    assert all(len(r.cells) == len(table.columns) for g in table.groups for r in g.rows)
    return {(g.heading, r.label): r.cells for g in table.groups for r in g.rows}


def test_scores_by_domain_and_method() -> None:
    setting = setting_of([record(seed=0, movie=0.70), record(seed=1, movie=0.80)])
    found = cells(tables.score_table(setting))
    assert found["movie, in domain", "plain"] == ("2", "75.0", "7.07", "70.0", "80.0", "0 of 2")
    assert found["tweet, out of domain", "plain"][:3] == ("2", "70.0", "0.00")


def test_one_seed_has_no_spread() -> None:
    setting = setting_of([record("plain"), record("lnsr")])
    assert cells(tables.score_table(setting))["movie, in domain", "lnsr"][2] == "n/a"
    difference = cells(tables.difference_table(setting))["lnsr minus plain", "movie, in domain"]
    assert difference == ("1", "0.0", "n/a", "0 of 1", "1", "1")
    spread = cells(tables.spread_table(setting))["lnsr over plain", "movie, in domain"]
    assert spread == ("1", "n/a", "n/a", "n/a", "n/a")


def test_differences_carry_sign_interval_and_smallest_p() -> None:
    setting = setting_of(
        [record("plain", s, movie=0.70) for s in range(3)]
        + [record("lnsr", s, movie=0.71 + 0.01 * s) for s in range(3)]
    )
    found = cells(tables.difference_table(setting))["lnsr minus plain", "movie, in domain"]
    assert found == ("3", "+2.0", "-0.5 to +4.5", "3 of 3", "0.25", "0.25")


def test_stand_ins_are_explained_and_left_out_of_the_secondary_table() -> None:
    setting = setting_of([record(seed=0), record(seed=1, status="diverged")])
    assert "constant predictor, so that" in " ".join(tables.score_table(setting).notes)
    secondary = cells(tables.finished_table(setting))
    assert secondary["movie, in domain", "plain"][:2] == ("1", "80.0")
    assert tables.finished_table(setting_of([record()])) is None


def test_correction_is_mentioned_only_where_there_is_one() -> None:
    two = tables.difference_table(setting_of(study(3)))
    three = tables.difference_table(setting_of(study(3, ("plain", "a", "b"))))
    assert two is not None and three is not None
    assert "Holm" not in " ".join(two.notes)
    assert "Holm" in " ".join(three.notes)


def test_no_comparison_without_a_second_method() -> None:
    assert tables.difference_table(setting_of(study(3, ("plain",)))) is None
    assert tables.spread_table(setting_of(study(3, ("plain",)))) is None


def test_cost_is_in_readable_times() -> None:
    found = cells(tables.cost_table(setting_of(study(3))))
    assert found["", "lnsr"] == ("3", "0.3 s", "1.50 times", "10 s", "39 s")


def test_failures_say_what_happened_and_what_they_count_as() -> None:
    records = [
        record(seed=0),
        record("lnsr", 1, status="diverged", reason="loss is NaN at step 7"),
        record("lnsr", 2, status="cancelled"),
        record("lnsr", 3, status="failed", task=None, reason="no model"),
    ]
    table = tables.failure_table([Record.model_validate(made) for made in records])
    assert table is not None
    rows = [row.cells for row in table.groups[0].rows]
    assert rows[0] == (
        "1",
        "diverged: met NaN or infinity",
        "loss is NaN at step 7",
        "constant predictor, 50.0 %",
    )
    assert [row[-1] for row in rows[1:]] == ["left out", "left out"]
    assert rows[1][2] == "not recorded"


def test_many_failures_are_cut_and_counted() -> None:
    records = [Record.model_validate(record(seed=s, status="diverged")) for s in range(60)]
    table = tables.failure_table(records)
    assert table is not None
    assert len(table.groups[0].rows) == 50
    assert table.notes == ("10 more runs did not end well; see the records.",)
    assert tables.failure_table([Record.model_validate(record())]) is None
