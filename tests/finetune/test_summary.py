"""What is said of several runs."""

from __future__ import annotations

import pytest

from steadytune.finetune.summary import lost_seeds


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({}, ""),
        ({"selection": {"lost": []}}, ""),
        ({"selection": {"lost": [2]}}, "seed 2."),
        ({"selection": {"lost": [2, 5]}}, "seeds 2, 5."),
    ],
)
def test_runs_that_gave_no_model_are_named(record: dict[str, object], text: str) -> None:
    said = lost_seeds(record)
    assert said.endswith(text) and bool(said) == bool(text)
