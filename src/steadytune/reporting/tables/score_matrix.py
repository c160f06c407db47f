"""The table that papers print: methods down, tasks across, means and standard deviations."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from ..analysis.metric_display import NOT_AVAILABLE, number
from ..analysis.over_tasks import OverTasks, Side
from ..analysis.task_scores import Scores
from .table import Group, Row, Table

MOST_TASKS = 9
"""With more tasks the table is too wide to read; the one of all settings has them."""

AVERAGE = "Average"


def score_matrix(data: OverTasks) -> Table | None:
    """Every task's scores by method, and their average; None where there are too many tasks."""
    names = [task.name for task in data.inside.tasks]
    if len(names) > MOST_TASKS:
        return None
    groups = [_group("In domain", data.inside, data, names)]
    if data.outside:
        groups.append(_group("Out of domain, unseen", data.outside, data, names))
    return Table(
        title=f"Scores by {data.unit}: mean and, in brackets, standard deviation over runs",
        first="Method",
        columns=(*names, AVERAGE),
        groups=tuple(groups),
        notes=(
            "In points of each task's metric (correlations times 100). "
            "All runs count here, also those that no other method shares.",
        ),
    )


def _group(heading: str, side: Side, data: OverTasks, names: Sequence[str]) -> Group:
    tasks = {task.name: task.methods for task in side.tasks}
    rows = []
    for method in data.methods:
        found = {name: scores.get(method, {}) for name, scores in tasks.items()}
        cells = (_cell(found[name]) if name in found else "" for name in names)
        rows.append(Row(method, (*cells, _average(list(found.values()))), method))
    return Group(heading, tuple(rows))


def _cell(scores: Scores) -> str:
    values = list(scores.values())
    if not values:
        return NOT_AVAILABLE
    spread = f" ({_points(stdev(values))})" if len(values) > 1 else ""
    return f"{_points(fmean(values))}{spread}"


def _average(columns: Sequence[Scores]) -> str:
    """Over all tasks of the side: without one of them it would be another number."""
    if not all(columns):
        return NOT_AVAILABLE
    return _points(fmean(fmean(scores.values()) for scores in columns))


def _points(value: float) -> str:
    return number(value, 1)
