"""What each method cost in time and memory."""

from __future__ import annotations

from ..._page.table import Column, Group, Table, row
from ..analysis.metric_display import NOT_AVAILABLE, duration
from ..analysis.section_numbers import Cost, SectionNumbers


def cost_table(section: SectionNumbers) -> Table:
    """Cost by method."""
    against = f"Relative to {section.baseline}" if section.baseline else "Relative"
    columns = (
        Column[Cost]("Runs", lambda c: str(c.runs)),
        Column[Cost]("One step", lambda c: duration(c.seconds_per_step)),
        Column[Cost](against, _ratio),
        Column("Forwards a step", _forwards, dispensable=True),
        Column[Cost]("Training one run", lambda c: duration(c.training_seconds)),
        Column[Cost]("All runs", lambda c: duration(c.total_seconds)),
        Column("Peak memory", _peak, dispensable=True),
    )
    table = Table(
        title="Cost in time and memory",
        first="Method",
        columns=columns,
        groups=(Group("", tuple(row(c.method, columns, c, c.method) for c in section.costs)),),
        notes=(
            "Medians over the runs. All runs: their sum, with loading and evaluation. Peak memory: "
            "that of the run that took most. Runs that shared the machine slowed each other down.",
        ),
    )
    unknown = all(cost.forwards is None and cost.peak_bytes is None for cost in section.costs)
    return table.narrowed() if unknown else table


def _ratio(cost: Cost) -> str:
    return NOT_AVAILABLE if cost.ratio is None else f"{cost.ratio:.2f} times"


def _forwards(cost: Cost) -> str:
    return NOT_AVAILABLE if cost.forwards is None else f"{cost.forwards:.3g}"


def _peak(cost: Cost) -> str:
    return NOT_AVAILABLE if cost.peak_bytes is None else f"{cost.peak_bytes / 1e9:.2g} GB"
