"""Several tasks whose scores a test can choose, method by method and seed by seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steadytune.reporting.analysis.analyse import analyse, method_order
from steadytune.reporting.analysis.over_tasks import OverTasks, over_tasks
from steadytune.reporting.analysis.section_numbers import SectionNumbers
from tests.reporting.fabricated import BARE, record, run_of

Score = Callable[[str, str, int], float | None]
"""From task, method and seed to the in-domain score; None for a run that diverged."""


def several_tasks(
    score: Score,
    tasks: tuple[str, ...] = ("one", "two"),
    methods: tuple[str, ...] = ("plain", "lnsr"),
    seeds: int = 6,
    subsets: int = 1,
    **task_part: Any,
) -> list[dict[str, Any]]:
    """Accuracy in domain as `score` says, out of domain a tenth lower."""
    made = []
    for task in tasks:
        for method in methods:
            for key in range(seeds * subsets):
                seed, subset = key % seeds, key // seeds
                value = score(task, method, key)
                run = record(
                    method,
                    seed,
                    movie=value,
                    tweet=None if value is None else value - 0.1,
                    status="ok" if value is not None else "diverged",
                    spec={"task": task, "subset_seed": subset, "data_hash": f"{task}{subset}"},
                    **BARE,
                )
                run["task"].update(name=task, **task_part)
                made.append(run)
    return made


def sections_of(records: list[dict[str, Any]]) -> tuple[SectionNumbers, ...]:
    """The numbers of every section."""
    parsed = list(map(run_of, records))
    order = method_order(parsed, "plain", [])
    return analyse(parsed, order, "plain", np.random.default_rng(0))


def averaged(records: list[dict[str, Any]]) -> OverTasks | None:
    """What the tasks say together."""
    sections = sections_of(records)
    names = [section.task.name for section in sections]
    return over_tasks(names, sections, np.random.default_rng(0))
