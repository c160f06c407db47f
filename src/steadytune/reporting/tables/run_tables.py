"""Tables of what the runs cost, of those that did not end well, and of what their arms vary."""

from __future__ import annotations

from collections.abc import Sequence

from ..._counted import counted
from ...records.schema import Record
from ..analysis.facts import field_label, value_text
from ..analysis.metric_display import NOT_AVAILABLE, duration, metric_display
from ..analysis.scoring import counts, score
from ..analysis.setting import Cost, Setting
from .table import Group, Row, Table

MOST_FAILURES = 50
_NOT_ALWAYS = ("Forwards a step", "Peak memory")


def cost_table(setting: Setting) -> Table:
    """What each method cost in time."""
    against = f"Relative to {setting.baseline}" if setting.baseline else "Relative"
    table = Table(
        title="Cost in time and memory",
        first="Method",
        columns=(
            *("Runs", "One step", against, "Forwards a step"),
            *("Training one run", "All runs", "Peak memory"),
        ),
        groups=(Group("", tuple(_cost_row(cost) for cost in setting.costs)),),
        notes=(
            "Medians over the runs. All runs: their sum, with loading and evaluation. Peak memory: "
            "that of the run that took most. Runs that shared the machine slowed each other down.",
        ),
        dispensable=_NOT_ALWAYS,
    )
    unknown = all(cost.forwards is None and cost.peak_bytes is None for cost in setting.costs)
    return table.narrowed() if unknown else table


def _cost_row(cost: Cost) -> Row:
    ratio = NOT_AVAILABLE if cost.ratio is None else f"{cost.ratio:.2f} times"
    cells = (
        str(cost.runs),
        duration(cost.seconds_per_step),
        ratio,
        NOT_AVAILABLE if cost.forwards is None else f"{cost.forwards:.3g}",
        duration(cost.training_seconds),
        duration(cost.total_seconds),
        NOT_AVAILABLE if cost.peak_bytes is None else f"{cost.peak_bytes / 1e9:.2g} GB",
    )
    return Row(cost.method, cells, cost.method)


def arm_table(setting: Setting) -> Table | None:
    """The settings that the methods do not share; None if they share them all."""
    named = any(run.method != run.spec.method for run in setting.records)
    fields = (*(["method"] if named else []), *setting.varied)
    if not fields:
        return None
    rows = (_arm_row(method, setting, fields) for method in setting.methods)
    return Table(
        title="What the methods do not share",
        first="Called here",
        columns=tuple(field_label(name) for name in fields),
        groups=(Group("", tuple(rows)),),
        notes=(
            "Chosen for each method on its own, or changed on purpose, as for a matched budget.",
        ),
        numeric=False,
    )


def _arm_row(method: str, setting: Setting, fields: Sequence[str]) -> Row:
    specs = [record.spec.model_dump() for record in setting.runs_of(method)]
    cells = (
        "; ".join(dict.fromkeys(value_text(spec.get(name)) for spec in specs)) for name in fields
    )
    return Row(method, tuple(cells), method)


def failure_table(records: Sequence[Record]) -> Table | None:
    """Runs that did not end well, with their reasons; None if all did."""
    failures = [record for record in records if record.status != "ok"]
    if not failures:
        return None
    hidden = len(failures) - MOST_FAILURES
    notes = (f"{counted(hidden, 'more run')} did not end well; see the records.",)
    return Table(
        title="Runs that did not end well",
        first="Method",
        columns=("Task", "Seed", "What happened", "Reason", "Counts as"),
        groups=(Group("", tuple(_failure_row(r) for r in failures[:MOST_FAILURES])),),
        notes=notes if hidden > 0 else (),
        numeric=False,
    )


def _failure_row(record: Record) -> Row:
    cells = (
        record.spec.task,
        str(record.spec.seed),
        _STATUS[record.status],
        record.reason or "not recorded",
        _counted_as(record),
    )
    return Row(record.method, cells, record.method)


def _counted_as(record: Record) -> str:
    if record.task is None or not counts(record):
        return "left out"
    found = score(record, record.task.in_domain)
    if found is None:
        return "left out: its constant predictor is not recorded"
    metric = metric_display(record.task.metric, record.task.kind)
    return f"constant predictor, {metric.in_words(found.value)}"


_STATUS = {
    "diverged": "diverged: met NaN or infinity",
    "failed": "crashed",
    "cancelled": "cancelled",
}
