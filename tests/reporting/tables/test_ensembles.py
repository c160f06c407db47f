"""The table of ensembles: what stands in its cells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steadytune.reporting.analysis.section_numbers import Ensembles
from steadytune.reporting.tables.ensembles import ensemble_table
from steadytune.stats import EnsembleScores, Interval
from tests.reporting.fabricated import cells, section_of, study


def scores(size: int, mean: float, std: float | None, interval: Interval | None) -> EnsembleScores:
    return EnsembleScores(size, 10, mean, std, mean - 0.1, mean - 0.8, interval)


def test_scores_spreads_and_gains() -> None:
    found = Ensembles(
        "plain",
        runs=10,
        learned=9,
        sizes=(
            scores(1, 0.80, 0.05, None),
            scores(2, 0.82, 0.04, Interval(0.01, 0.03)),
            scores(3, 0.84, 0.03, Interval(0.02, 0.06)),
            scores(5, 0.85, 0.02, None),
        ),
    )
    few = Ensembles(
        "lnsr", runs=2, learned=2, sizes=(scores(1, 0.7, 0.1, None), scores(2, 0.7, None, None))
    )
    table = ensemble_table(replace(section_of(study()), ensembles=(found, few)))
    row = cells(table)["movie, in domain", "plain"]
    assert row[:5] == ("9 of 10", "80.0 (5.0)", "82.0 (4.0)", "84.0 (3.0)", "85.0 (2.0)")
    assert row[5:] == ("70.0", "74.0", "+4.0", "+2.0 to +6.0")
    row = cells(table)["movie, in domain", "lnsr"]
    assert row == ("2 of 2", "70.0 (10.0)", "70.0", "n/a", "n/a", "60.0", "n/a", "n/a", "n/a")


def test_without_predictions_there_is_no_table() -> None:
    assert ensemble_table(section_of(study())) is None


@pytest.mark.parametrize(
    ("kind", "said"),
    [("seq2seq", "They take the most typical text, as"), ("regression", "They average prob")],
)
def test_it_says_what_an_ensemble_predicts(kind: str, said: str) -> None:
    section = section_of(study())
    task = section.task.model_copy(update={"kind": kind})
    found = Ensembles("plain", runs=2, learned=2, sizes=(scores(1, 0.8, None, None),))
    table = ensemble_table(replace(section, task=task, ensembles=(found,)))
    assert table is not None and said in table.notes[0]
