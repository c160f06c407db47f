"""Arms are how a study sees its runs: records of earlier studies get the names of this one."""

from __future__ import annotations

from collections.abc import Sequence

from ..records.ledger import Ledger, has_result
from ..runs.plan import PlannedRun


def relabel(runs: Sequence[PlannedRun], ledger: Ledger) -> int:
    """Give the records of planned runs the arms of the plan; return how many had others.

    A run is recorded once, whichever study asked for it. Where a study file renames an arm, or
    adds one that varies another setting, what was finished before is still part of it. Records
    without a result are left alone: another process may be about to replace them.
    """
    planned = {run.spec.hash: run.arm for run in runs}
    other = [
        record
        for record in ledger.read().records
        if has_result(record)
        and record["spec_hash"] in planned
        and record.get("arm") != planned[record["spec_hash"]]
    ]
    for record in other:
        arm = planned[record["spec_hash"]]
        rest = {key: value for key, value in record.items() if key != "arm"}
        ledger.rewrite(rest if arm is None else {**rest, "arm": arm})
    return len(other)
