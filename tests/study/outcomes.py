"""What planned runs leave behind, made without training."""

from __future__ import annotations

from steadytune.records.outcome import Outcome
from steadytune.records.which import Status
from steadytune.runs.plan import Choices, PlannedRun
from steadytune.study.carry_out import completed
from steadytune.study.grid import load_tasks, plan_runs
from steadytune.study.study import Study
from tests.run_records import make_test_record


def planned(study: Study, choices: Choices | None = None) -> tuple[PlannedRun, ...]:
    """The runs of a study."""
    model = study.find_model()
    return plan_runs(study, load_tasks(study, model), model, choices)


def outcome_of(run: PlannedRun, status: Status = "ok") -> Outcome:
    """What a planned run leaves behind that ended so."""
    splits = ("train", "movie", "product") if status == "ok" else ()
    results = {split: {"accuracy": 0.75} for split in splits}
    return completed(Outcome(make_test_record(run.spec, status, results=results)), run)
