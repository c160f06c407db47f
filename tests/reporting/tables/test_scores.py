"""Tables of scores."""

from __future__ import annotations

from steadytune.reporting.tables.differences import difference_table
from steadytune.reporting.tables.scores import finished_table, score_table
from steadytune.reporting.tables.spread import spread_table
from tests.reporting.fabricated import cells, record, section_of


def test_scores_by_domain_and_method() -> None:
    section = section_of([record(seed=0, movie=0.70), record(seed=1, movie=0.80)])
    found = cells(score_table(section))
    assert found["movie, in domain", "plain"] == (
        *("2", "75.0", "7.07", "75.0", "75.0"),
        *("70.0", "80.0", "0 of 2"),
    )
    assert found["tweet, out of domain", "plain"][:3] == ("2", "70.0", "0.00")


def test_one_seed_has_no_spread() -> None:
    section = section_of([record("plain"), record("lnsr")])
    assert cells(score_table(section))["movie, in domain", "lnsr"][2] == "n/a"
    difference = cells(difference_table(section))["lnsr minus plain", "movie, in domain"]
    assert difference == ("1", "0.0", "n/a", "0 of 1", "1", "1")
    spread = cells(spread_table(section))["lnsr over plain", "movie, in domain"]
    assert spread == ("1", "n/a", "n/a", "n/a", "n/a", "n/a")


def test_stand_ins_are_explained_and_left_out_of_the_secondary_table() -> None:
    section = section_of([record(seed=0), record(seed=1, status="diverged")])
    assert "majority-class baseline, so that" in " ".join(score_table(section).notes)
    secondary = cells(finished_table(section))
    assert secondary["movie, in domain", "plain"][:2] == ("1", "80.0")
    assert finished_table(section_of([record()])) is None
