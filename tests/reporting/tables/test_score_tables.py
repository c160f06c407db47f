"""Tables of scores."""

from __future__ import annotations

from steadytune.reporting.tables import comparison_tables, score_tables
from tests.reporting.fabricated import cells, record, setting_of


def test_scores_by_domain_and_method() -> None:
    setting = setting_of([record(seed=0, movie=0.70), record(seed=1, movie=0.80)])
    found = cells(score_tables.score_table(setting))
    assert found["movie, in domain", "plain"] == (
        *("2", "75.0", "7.07", "75.0", "75.0"),
        *("70.0", "80.0", "0 of 2"),
    )
    assert found["tweet, out of domain", "plain"][:3] == ("2", "70.0", "0.00")


def test_one_seed_has_no_spread() -> None:
    setting = setting_of([record("plain"), record("lnsr")])
    assert cells(score_tables.score_table(setting))["movie, in domain", "lnsr"][2] == "n/a"
    difference = cells(comparison_tables.difference_table(setting))[
        "lnsr minus plain", "movie, in domain"
    ]
    assert difference == ("1", "0.0", "n/a", "0 of 1", "1", "1")
    spread = cells(comparison_tables.spread_table(setting))["lnsr over plain", "movie, in domain"]
    assert spread == ("1", "n/a", "n/a", "n/a", "n/a", "n/a")


def test_stand_ins_are_explained_and_left_out_of_the_secondary_table() -> None:
    setting = setting_of([record(seed=0), record(seed=1, status="diverged")])
    assert "constant predictor, so that" in " ".join(score_tables.score_table(setting).notes)
    secondary = cells(score_tables.finished_table(setting))
    assert secondary["movie, in domain", "plain"][:2] == ("1", "80.0")
    assert score_tables.finished_table(setting_of([record()])) is None


def test_the_gap_needs_scores_on_the_training_examples() -> None:
    assert score_tables.gap_table(setting_of([record()])) is None
    made = [record(seed=s, movie=0.7 + s / 100) for s in range(2)]
    for each in made:
        each["results"]["train"] = {"accuracy": 0.9}
    found = cells(score_tables.gap_table(setting_of(made)))
    assert found["", "plain"] == ("2", "90.0", "70.5", "+19.5", "+13.1 to +25.9", "0.71")
