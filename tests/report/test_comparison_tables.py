"""Tables of comparisons."""

from __future__ import annotations

from fabricated import cells, record, setting_of, study

from steadytune.report import comparison_tables


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


def test_no_comparison_without_a_second_method() -> None:
    assert comparison_tables.difference_table(setting_of(study(3, ("plain",)))) is None
    assert comparison_tables.spread_table(setting_of(study(3, ("plain",)))) is None
