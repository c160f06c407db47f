"""A round of a fit: lines now and then, and one at its end."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from steadytune._progress import EVERY
from steadytune.fitting.progress import FitProgress
from tests.run_records import make_spec, make_test_record

SPECS = [make_spec(seed) for seed in (1, 2)]


def test_a_round_says_how_far_it_is_and_what_it_was() -> None:
    output, now = io.StringIO(), [0.0]
    with FitProgress(Console(file=output), "fold 1", SPECS, clock=lambda: now[0]) as progress:
        now[0] += EVERY
        progress.on_progress(SPECS[0], 5, 10)
        progress.on_record(make_test_record(SPECS[0]))
    assert output.getvalue().splitlines() == [
        "fold 1: 0 of 2: 25 %, about 3 min left",
        "fold 1: 2 trainings, 60 s",
    ]


def test_a_round_that_is_stopped_is_not_said_to_be_done() -> None:
    output = io.StringIO()
    with pytest.raises(KeyboardInterrupt), FitProgress(Console(file=output), "fold 1", SPECS):
        raise KeyboardInterrupt
    assert not output.getvalue()
