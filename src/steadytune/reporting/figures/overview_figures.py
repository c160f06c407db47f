"""The figures over all settings of a report."""

from __future__ import annotations

from ..build import Report
from .over_tasks_figure import over_tasks_view
from .panel import FigureView


def overview_figures(report: Report) -> dict[str, FigureView]:
    """By name; none where a report has one setting, or tasks that cannot be averaged."""
    averaged = report.overview.over_tasks if report.overview else None
    if averaged is None:
        return {}
    slots = {note.method: note.slot for note in report.methods}
    view = over_tasks_view(averaged.data, slots)
    return {"over": view} if view.panels else {}
