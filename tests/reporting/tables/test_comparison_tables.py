"""Tables of comparisons."""

from __future__ import annotations

from steadytune.reporting import build_report
from steadytune.reporting.tables import comparison_tables
from tests.reporting.fabricated import cells, record, setting_of, study


def test_differences_carry_sign_interval_and_smallest_p() -> None:
    setting = setting_of(
        [record("plain", s, movie=0.70) for s in range(3)]
        + [record("lnsr", s, movie=0.71 + 0.01 * s) for s in range(3)]
    )
    found = cells(comparison_tables.difference_table(setting))[
        "lnsr minus plain", "movie, in domain"
    ]
    assert found == ("3", "+2.0", "-0.5 to +4.5", "3 of 3", "0.25", "0.25")


def test_correction_is_mentioned_only_where_there_is_one() -> None:
    two = comparison_tables.difference_table(setting_of(study(3)))
    three = comparison_tables.difference_table(setting_of(study(3, ("plain", "a", "b"))))
    assert two is not None and three is not None
    assert "Holm" not in " ".join(two.notes)
    assert "Holm" in " ".join(three.notes)


def test_correction_over_several_settings_is_mentioned_too() -> None:
    records = [r for n in range(2) for r in study(6, spec={"epochs": 3.0 + n})]
    for section in build_report(records, title="t").sections:
        differences = section.tables.differences
        assert "Holm" in " ".join(differences.notes if differences else ())


def test_no_comparison_without_a_second_method() -> None:
    assert comparison_tables.difference_table(setting_of(study(3, ("plain",)))) is None
    assert comparison_tables.spread_table(setting_of(study(3, ("plain",)))) is None


def test_both_tests_with_the_smallest_p_they_could_reach() -> None:
    setting = setting_of(
        [record("plain", s, movie=0.70) for s in range(4)]
        + [record("lnsr", s, movie=m) for s, m in enumerate((0.71, 0.72, 0.73, 0.70))]
    )
    found = cells(comparison_tables.significance_table(setting))
    row = found["lnsr minus plain", "movie, in domain"]
    # One of four differences is zero: Wilcoxon's test leaves it out, the sign-flip test does not.
    assert row[:5] == ("4", "0.25", "0.12", "0.25", "0.25")
    assert row[5] == "0.88"
    assert comparison_tables.significance_table(setting_of(study(1, ("plain",)))) is None


def test_spread_has_two_intervals() -> None:
    found = cells(comparison_tables.spread_table(setting_of(study(6))))
    row = found["lnsr over plain", "movie, in domain"]
    assert len(row) == 6 and " to " in row[2] and " to " in row[3]


def test_subsets_are_counted_as_such() -> None:
    records = [
        record(m, s, movie=0.7 + s / 100, spec={"subset_seed": k})
        for m in ("plain", "lnsr")
        for k in range(3)
        for s in range(2)
    ]
    table = comparison_tables.difference_table(setting_of(records))
    assert table is not None
    assert table.columns[0] == "Subsets"
    assert cells(table)["lnsr minus plain", "movie, in domain"][0] == "3"
    assert "averaged over its seeds" in table.notes[0]
    spread = comparison_tables.spread_table(setting_of(records))
    tests = comparison_tables.significance_table(setting_of(records))
    assert spread is not None and "claim too much" in spread.notes[0]
    assert tests is not None and "share of training subsets" in tests.notes[-1]
