"""Tables of comparisons."""

from __future__ import annotations

from steadytune.reporting import build_report
from steadytune.reporting.tables.differences import difference_table
from steadytune.reporting.tables.significance import significance_table
from steadytune.reporting.tables.spread import spread_table
from tests.reporting.fabricated import cells, record, section_of, study


def test_differences_carry_sign_interval_and_smallest_p() -> None:
    section = section_of(
        [record("plain", s, movie=0.70) for s in range(3)]
        + [record("lnsr", s, movie=0.71 + 0.01 * s) for s in range(3)]
    )
    found = cells(difference_table(section))["lnsr minus plain", "movie, in domain"]
    assert found == ("3", "+2.0", "-0.5 to +4.5", "3 of 3", "0.25", "0.25")


def test_correction_is_mentioned_only_where_there_is_one() -> None:
    two = difference_table(section_of(study(3)))
    three = difference_table(section_of(study(3, ("plain", "a", "b"))))
    assert two is not None and three is not None
    assert "Holm" not in " ".join(two.notes)
    assert "Holm" in " ".join(three.notes)


def test_correction_over_several_settings_is_mentioned_too() -> None:
    records = [r for n in range(2) for r in study(6, spec={"epochs": 3.0 + n})]
    for section in build_report(records, title="t").sections:
        differences = section.tables.differences
        assert "Holm" in " ".join(differences.notes if differences else ())


def test_no_comparison_without_a_second_method() -> None:
    assert difference_table(section_of(study(3, ("plain",)))) is None
    assert spread_table(section_of(study(3, ("plain",)))) is None


def test_subsets_are_counted_as_such() -> None:
    records = [
        record(m, s, movie=0.7 + s / 100, spec={"subset_seed": k})
        for m in ("plain", "lnsr")
        for k in range(3)
        for s in range(2)
    ]
    table = difference_table(section_of(records))
    assert table is not None
    assert table.headings[0] == "Subsets"
    assert cells(table)["lnsr minus plain", "movie, in domain"][0] == "3"
    assert "averaged over its seeds" in table.notes[0]
    spread = spread_table(section_of(records))
    tests = significance_table(section_of(records))
    assert spread is not None and "claim too much" in spread.notes[0]
    assert tests is not None and "share of training subsets" in tests.notes[-1]
