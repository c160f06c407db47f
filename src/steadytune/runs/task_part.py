"""What a reader of a run's results needs to know of its task."""

from __future__ import annotations

from typing import Any

from ..tasks import Task, constant_score


def describe_task(task: Task) -> dict[str, Any]:
    """What a reader of the results needs to know of the task."""
    return {
        "name": task.name,
        "kind": task.kind,
        "metric": task.metric,
        "in_domain": task.domain,
        "out_of_domain": [domain for domain in task.test if domain != task.domain],
        "exposed": [domain for domain in task.test if domain in task.exposed],
        "constant": {domain: constant_score(task, domain) for domain in task.splits},
        "sizes": {split: len(rows) for split, rows in task.splits.items()},
        "source": task.source,
        **({"label_names": list(task.label_names)} if _are_needed(task) else {}),
    }


def _are_needed(task: Task) -> bool:
    """Whether predictions alone do not tell: tags have names, numbers are rounded to grades."""
    return bool(task.label_names) and (task.problem.spelled or not task.problem.named)
