"""The table that papers print: methods down, tasks across, means and standard deviations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean, stdev

from ..._page.table import Column, Group, Table, row
from ..analysis.metric_display import NOT_AVAILABLE, number
from ..analysis.over_tasks import OverTasks, Side
from ..analysis.task_scores import Scores

MOST_TASKS = 9
"""With more tasks the table is too wide to read; the one of all sections has them."""

AVERAGE = "Average"


_ByTask = Mapping[str, Scores]


def score_matrix(data: OverTasks) -> Table | None:
    """Every task's scores by method, and their average; None where there are too many tasks."""
    names = [task.name for task in data.inside.tasks]
    if len(names) > MOST_TASKS:
        return None
    columns = (
        *(Column(name, partial(_of_task, name)) for name in names),
        Column[_ByTask](AVERAGE, lambda found: _average(list(found.values()))),
    )
    groups = [_group("In domain", data.inside, data, columns)]
    if data.outside:
        groups.append(_group("Out of domain, unseen", data.outside, data, columns))
    return Table(
        title=f"Scores by {data.unit}: mean and, in brackets, standard deviation over runs",
        first="Method",
        columns=columns,
        groups=tuple(groups),
        notes=(
            "In points of each task's metric (correlations times 100). "
            "All runs count here, also those that no other method shares.",
        ),
    )


def _group(
    heading: str, side: Side, data: OverTasks, columns: tuple[Column[_ByTask], ...]
) -> Group:
    found = {m: {task.name: task.methods.get(m, {}) for task in side.tasks} for m in data.methods}
    return Group(heading, tuple(row(m, columns, scores, m) for m, scores in found.items()))


def _of_task(name: str, found: _ByTask) -> str:
    return _cell(found[name]) if name in found else ""


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
