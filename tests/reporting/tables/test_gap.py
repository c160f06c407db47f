"""Training examples against test examples."""

from __future__ import annotations

from steadytune.reporting.tables.gap import gap_table
from tests.reporting.fabricated import cells, record, section_of


def test_the_gap_needs_scores_on_the_training_examples() -> None:
    assert gap_table(section_of([record()])) is None
    made = [record(seed=s, movie=0.7 + s / 100) for s in range(2)]
    for each in made:
        each["results"]["train"] = {"accuracy": 0.9}
    found = cells(gap_table(section_of(made)))
    assert found["", "plain"] == ("2", "90.0", "70.5", "+19.5", "+13.1 to +25.9", "0.71")
