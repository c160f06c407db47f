"""Runs that did not end well."""

from __future__ import annotations

from collections.abc import Sequence

from ..._counted import counted
from ..._page.table import Column, Group, Table, row
from ..analysis.metric_display import metric_display
from ..analysis.scoring import counts, score
from ..reading.run import Run

MOST_FAILURES = 50


def failure_table(records: Sequence[Run]) -> Table | None:
    """Those runs with their reasons; None if all ended well."""
    failures = [record for record in records if record.status != "ok"]
    if not failures:
        return None
    hidden = len(failures) - MOST_FAILURES
    notes = (f"{counted(hidden, 'more run')} did not end well; see the records.",)
    return Table(
        title="Runs that did not end well",
        first="Method",
        columns=_COLUMNS,
        groups=(
            Group(
                "", tuple(row(r.method, _COLUMNS, r, r.method) for r in failures[:MOST_FAILURES])
            ),
        ),
        notes=notes if hidden > 0 else (),
        numeric=False,
    )


def _counted_as(record: Run) -> str:
    if record.task is None or not counts(record):
        return "left out"
    found = score(record, record.task.in_domain)
    if found is None:
        return "left out: its majority-class baseline is not recorded"
    metric = metric_display(record.task.metric, record.task.kind)
    return f"majority-class baseline, {metric.in_words(found.value)}"


_STATUS = {
    "diverged": "diverged: met NaN or infinity",
    "failed": "crashed",
    "cancelled": "cancelled",
}

_COLUMNS: tuple[Column[Run], ...] = (
    Column("Task", lambda r: r.spec.task),
    Column("Seed", lambda r: str(r.spec.seed)),
    Column("What happened", lambda r: _STATUS[r.status]),
    Column("Reason", lambda r: r.reason or "not recorded"),
    Column("Counts as", _counted_as),
)
