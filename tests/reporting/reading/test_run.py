"""Runs as reports keep them: all that is shown, in little memory."""

from __future__ import annotations

import lzma
import tracemalloc
from pathlib import Path

from steadytune.records.read_record import parse_tolerantly
from steadytune.records.schema import Record
from steadytune.reporting.reading.run import Shelf
from tests.reporting.fabricated import profile, record, run_of

COMMITTED = Path(__file__).parents[3] / "docs" / "evidence" / "main" / "runs.jsonl.xz"


def test_a_run_takes_little_memory() -> None:
    """100,000 runs take less than half a gigabyte: none keeps what it shares with others."""
    lines = lzma.decompress(COMMITTED.read_bytes()).splitlines()[:240]
    shelf = Shelf()
    tracemalloc.start()
    try:
        runs = [shelf.run(parse_tolerantly(line)) for line in lines[:80]]
        before, _ = tracemalloc.get_traced_memory()
        runs += [shelf.run(parse_tolerantly(line)) for line in lines[80:]]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert min(len(run.curve) for run in runs) > 10 and all(run.profile for run in runs)
    assert (after - before) / 160 < 4500


def test_runs_that_differ_in_their_seed_share_the_rest() -> None:
    shelf = Shelf()
    made = record(seed=0), record(seed=1), record(seed=1, spec={"epochs": 3})
    one, two, other = (shelf.run(Record.model_validate(each)) for each in made)
    assert one.spec.others is two.spec.others and one.task is two.task
    assert one.spec.fields == {**two.spec.fields, "seed": 0}
    assert list(one.spec.fields)[:3] == ["task", "method", "seed"]
    assert other.spec.others is not one.spec.others  # 3 is not written as 3.0 is


def test_a_profile_gives_its_ratios_as_they_were_recorded() -> None:
    made = profile()
    made["after"]["ratio"] = [[0.05, None, float("nan"), 0.1 + 0.2], [0.05, 1]]
    found = run_of(record(profile=made)).profile
    assert found is not None and found.before is not None and found.after is not None
    assert found.after.ratio == [[0.05, None, None, 0.1 + 0.2], [0.05, 1.0]]
    assert found.before.ratio == [[0.05, 0.06, 0.06, 0.06], [0.05, 0.06]]
    assert found.after.injection is found.before.injection
    assert run_of(record(profile={"before": None, "after": made["after"]})).profile is not None


def test_the_curve_has_steps_and_losses() -> None:
    run = run_of(record(history=[{"step": 1, "loss": 0.5}, {"step": 3, "loss": 0.25}]))
    assert run.curve == ((1.0, 0.5), (3.0, 0.25))
    assert list(run.losses) == [0.5, 0.25]
