"""Names of arms: finished records take those of the plan, and all others stay as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from steadytune.records.ledger import Ledger
from steadytune.study.relabel import relabel
from steadytune.study.study import Arm, StudyTask
from steadytune.tasks.source import DataSource
from tests.study.conftest import MakeStudy
from tests.study.outcomes import outcome_of, planned


def test_only_records_with_a_result_take_the_names_of_the_plan(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    before = planned(make_study(arms=(Arm("old", "plain"),)))
    after = planned(make_study(arms=(Arm("new", "plain"),)))
    ledger = Ledger(tmp_path)
    finished = ledger.add(outcome_of(before[0]))
    lost = ledger.add(outcome_of(before[1], "failed"))
    as_it_was = lost.read_bytes()
    assert relabel(after, ledger) == 1
    assert lost.read_bytes() == as_it_was
    assert b'"new"' in finished.read_bytes()
    assert relabel(after, ledger) == 0


def test_records_of_other_runs_keep_their_names(make_study: MakeStudy, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    (run,) = planned(make_study(arms=(Arm("old", "plain"),), seeds=(9,)))
    path = ledger.add(outcome_of(run))
    as_it_was = path.read_bytes()
    assert relabel(planned(make_study(arms=(Arm("new", "plain"),))), ledger) == 0
    assert path.read_bytes() == as_it_was


def test_finished_runs_are_scored_by_the_metric_of_the_plan(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    """It chose nothing in them, so they need no training for it."""
    ledger = Ledger(tmp_path)
    by = {
        metric: planned(make_study("plain", tasks=(StudyTask(DataSource("toy", metric=metric)),)))
        for metric in ("accuracy", "f1_macro")
    }
    one, other = by["accuracy"]
    known, unknown = outcome_of(one), outcome_of(other)
    both = {split: {**s, "f1_macro": 0.5} for split, s in known.record.results.items()}
    ledger.add(replace(known, record=known.record.changed(results=both)))
    ledger.add(unknown)
    assert relabel(by["f1_macro"], ledger) == 1
    records = {record.spec.seed: record for record in ledger.read().records}
    tasks = {seed: record.task for seed, record in records.items()}
    assert tasks[1] and tasks[1].metric == "f1_macro"
    assert tasks[1].constant == by["f1_macro"][0].task["constant"]
    assert tasks[2] and tasks[2].metric == "accuracy"
    assert relabel(by["f1_macro"], ledger) == 0
