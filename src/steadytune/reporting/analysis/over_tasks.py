"""What several tasks say together: each method's mean difference and its ratio of spreads.

The tasks are fixed. Seeds, or training subsets, are what varies: the scores of one seed are
averaged over the tasks first, and then compared as in a single section.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...stats import PairedDifference, PooledSpread, holm, matched, paired_difference, pooled_spread
from .analyse import resamples_of
from .scoring import Pair
from .section_numbers import SectionNumbers
from .subsets import by_subset
from .task_scores import Scores, TaskScores, inside, mean_scores, outside, why_excluded

FEWEST_TASKS = 2


@dataclass(frozen=True)
class PooledComparison:
    """A method against the baseline over several tasks, in points.

    Args:
        method: What is compared.
        baseline: What it is compared with.
        tasks: The tasks in which both were run.
        difference: Differences of means over the tasks, one a seed that all tasks share, or one a
            training subset.
        subsets: How many training subsets `difference` counts; 0 if it counts runs.
        higher: In how many tasks the mean difference is above zero.
        spread: The ratio of standard deviations, pooled over the tasks.
        adjusted_p: The sign-flip p-value after Holm's correction over the methods; None out of
            domain, where comparisons are exploratory.
    """

    method: str
    baseline: str
    tasks: tuple[str, ...]
    difference: PairedDifference
    subsets: int
    higher: int
    spread: PooledSpread
    adjusted_p: float | None = None

    @property
    def without_ratio(self) -> tuple[str, ...]:
        """The tasks in which the ratio of spreads is not defined."""
        pairs = zip(self.tasks, self.spread.ratios, strict=True)
        return tuple(task for task, ratio in pairs if ratio is None)


@dataclass(frozen=True)
class Side:
    """All methods in domain, or out of domain, over the tasks that have such a side."""

    tasks: tuple[TaskScores, ...]
    comparisons: tuple[PooledComparison, ...]


@dataclass(frozen=True)
class OverTasks:
    """Everything that is said over tasks.

    Args:
        unit: What stands for a task: `section` where a task has several.
        baseline: What the others are compared with.
        methods: The methods of all tasks together, the baseline first.
        inside: In domain.
        outside: Out of domain; None where fewer than two tasks have such a domain.
        degenerate: Method -> how many runs ended degenerate, of how many.
        excluded: Tasks that are left out of everything, each with the reason.
        subsets: The largest number of training subsets of a task.
    """

    unit: Literal["task", "section"]
    baseline: str
    methods: tuple[str, ...]
    inside: Side
    outside: Side | None
    degenerate: Mapping[str, tuple[int, int]]
    excluded: tuple[tuple[str, str], ...]
    subsets: int


def over_tasks(
    names: Sequence[str], sections: Sequence[SectionNumbers], generator: np.random.Generator
) -> OverTasks | None:
    """Average over the tasks; None where there are fewer than two that can be averaged.

    Args:
        names: What each section is called.
        sections: The sections of a report.
        generator: For the bootstrap, and the sign-flip test of many pairs.
    """
    judged = [(name, s, why_excluded(s)) for name, s in zip(names, sections, strict=True)]
    kept = [(name, section) for name, section, reason in judged if not reason]
    chosen = [section for _, section in kept]
    tasks = {section.task.name for section in chosen}
    if len(tasks) < FEWEST_TASKS:
        return None
    baseline = next(s.baseline for s in chosen if s.baseline)
    beyond = [found for name, s in kept if (found := outside(name, s))]
    return OverTasks(
        unit="task" if len(tasks) == len(kept) else "section",
        baseline=baseline,
        methods=tuple(dict.fromkeys([baseline, *(m for s in chosen for m in s.methods)])),
        inside=_corrected(_side([inside(n, s) for n, s in kept], baseline, generator)),
        outside=_side(beyond, baseline, generator) if len(beyond) >= FEWEST_TASKS else None,
        degenerate=_degenerate(chosen),
        excluded=tuple((name, reason) for name, _, reason in judged if reason),
        subsets=max(s.subsets for s in chosen),
    )


def _side(tasks: Sequence[TaskScores], baseline: str, generator: np.random.Generator) -> Side:
    methods = dict.fromkeys(m for task in tasks for m in task.methods if m != baseline)
    having = {m: [t for t in tasks if _both(t, m, baseline)] for m in methods}
    return Side(
        tasks=tuple(tasks),
        comparisons=tuple(
            _compare(method, baseline, found, generator)
            for method, found in having.items()
            if len(found) >= FEWEST_TASKS
        ),
    )


def _both(task: TaskScores, method: str, baseline: str) -> bool:
    """Whether both have scores with a common seed."""
    theirs = task.methods[baseline]
    return any(pair in theirs for pair in task.methods.get(method, {}))


def _compare(
    method: str, baseline: str, tasks: Sequence[TaskScores], generator: np.random.Generator
) -> PooledComparison:
    paired = [_paired(task.methods[method], task.methods[baseline]) for task in tasks]
    ours, theirs = (mean_scores([pair[side] for pair in paired]) for side in (0, 1))
    left, right, subsets = by_subset(ours, theirs)
    values = [matched(first, second) for first, second in paired]
    return PooledComparison(
        method=method,
        baseline=baseline,
        tasks=tuple(task.name for task in tasks),
        difference=paired_difference(left, right, generator),
        subsets=subsets,
        higher=sum(float(np.mean(first - second)) > 1e-9 for first, second in values),
        spread=pooled_spread(
            values, generator, resamples=resamples_of(max(v.size for v, _ in values))
        ),
    )


def _paired(ours: Scores, theirs: Scores) -> tuple[dict[Pair, float], dict[Pair, float]]:
    """The scores of the pairs that both have, named by seed and training subset alone.

    Which rows a subset holds plays its part within a task; between tasks rows always differ.
    """
    shared = [pair for pair in ours if pair in theirs]
    first, second = ({(*pair[:2], ""): side[pair] for pair in shared} for side in (ours, theirs))
    return first, second


def _corrected(side: Side) -> Side:
    family = [c for c in side.comparisons if c.difference.p_value is not None]
    p_values = holm([c.difference.p_value or 0.0 for c in family])
    adjusted = {c.method: p for c, p in zip(family, p_values, strict=True)}
    comparisons = tuple(
        dataclasses.replace(c, adjusted_p=adjusted.get(c.method)) for c in side.comparisons
    )
    return dataclasses.replace(side, comparisons=comparisons)


def _degenerate(sections: Sequence[SectionNumbers]) -> dict[str, tuple[int, int]]:
    counts: dict[str, tuple[int, int]] = {}
    for method in (m for section in sections for m in section.in_domain.methods):
        count, total = counts.get(method.method, (0, 0))
        found = method.degenerate
        counts[method.method] = (count + found.count, total + found.total)
    return counts
