"""Arms and the primary metric are how a study sees its runs: earlier records get those of this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..records.ledger import Ledger
from ..records.record import Record
from ..runs.plan import PlannedRun


def relabel(runs: Sequence[PlannedRun], ledger: Ledger) -> int:
    """Give the records of planned runs the arms and metric of the plan; return how many differed.

    A run is recorded once, whichever study asked for it. Where a study file renames an arm, or
    adds one that varies another setting, what was finished before is still part of it. Records
    without a result are left alone: another process may be about to replace them.
    """
    planned = {run.spec.key: run for run in runs}
    changed = 0
    for record in ledger.read().records:
        run = planned.get(record.key)
        if run is None or not record.has_result:
            continue
        had = {"arm": record.arm and record.arm.model_dump(), "task": record.content()["task"]}
        seen = {"arm": _arm_of(run, record), "task": {**had["task"], **_metric_of(run, record)}}
        if seen != had:
            ledger.rewrite(record.changed(**seen))
            changed += 1
    return changed


def _metric_of(run: PlannedRun, record: Record) -> dict[str, Any]:
    """The metric of the plan, where it chose nothing in the run and the run was scored by it."""
    metric = run.task["metric"]
    same = record.task is None or record.task.metric == metric
    if same or not all(metric in scores for scores in record.results.values()):
        return {}
    return {name: run.task[name] for name in ("metric", "constant")}


def _arm_of(run: PlannedRun, record: Record) -> dict[str, Any] | None:
    """The arm of the plan; one that only renews the label of a run that was called otherwise."""
    if run.arm is None and record.spec.method != run.spec.method:
        return {"name": run.spec.method, "varies": []}
    return run.arm
