"""All sections of a report beside each other: a table, and the verdict in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._counted import counted
from .._page.table import Table
from .analysis.facts import short_names
from .analysis.metric_display import capitalized, quoted
from .analysis.over_tasks import OverTasks, over_tasks
from .analysis.section_numbers import SectionNumbers
from .sentences.headline import Headline, over_tasks_headline
from .sentences.over_tasks_verdict import over_tasks_details, over_tasks_findings
from .sentences.verdict import Finding, Outcome, outcome
from .tables.over_tasks import over_tasks_table
from .tables.score_matrix import score_matrix
from .tables.sections import sections_table
from .tables.stability import stability_sentence


@dataclass(frozen=True)
class TasksView:
    """What several tasks say on average: in short, a finding a method, what qualifies them.

    `scores` is None where there are too many tasks for one table.
    """

    data: OverTasks
    headline: Headline
    findings: tuple[Finding, ...]
    details: tuple[str, ...]
    scores: Table | None
    table: Table


@dataclass(frozen=True)
class Overview:
    """What several sections say together.

    Args:
        findings: In how many sections each method did what.
        table: Every section's scores and differences in domain.
        over_tasks: Means over tasks; None where fewer than two tasks can be averaged.
        stability: Whether models that noise moves less score higher, in a sentence; empty where
            too few runs have a profile.
    """

    findings: tuple[Finding, ...]
    table: Table
    over_tasks: TasksView | None
    stability: str

    @property
    def details(self) -> tuple[str, ...]:
        """What stands below the findings over tasks, or over the sections where there are none."""
        details = self.over_tasks.details if self.over_tasks else ()
        return (*details, self.stability) if self.stability else details


def overview(
    headings: Sequence[str], sections: Sequence[SectionNumbers], generator: np.random.Generator
) -> Overview | None:
    """The overview of a report; None where there is only one section."""
    if len(sections) < 2:
        return None
    averaged = _averaged(short_names(headings, sections), sections, generator)
    return Overview(
        findings=_findings(sections),
        table=sections_table(headings, sections),
        over_tasks=averaged,
        stability=stability_sentence(sections),
    )


def _averaged(
    names: Sequence[str], sections: Sequence[SectionNumbers], generator: np.random.Generator
) -> TasksView | None:
    data = over_tasks(names, sections, generator)
    if data is None or not data.inside.comparisons:
        return None
    return TasksView(
        data=data,
        headline=over_tasks_headline(data, sections),
        findings=over_tasks_findings(data),
        details=over_tasks_details(data),
        scores=score_matrix(data),
        table=over_tasks_table(data),
    )


def _findings(sections: Sequence[SectionNumbers]) -> tuple[Finding, ...]:
    """One sentence a method: in how many sections it did what."""
    methods = list(dict.fromkeys(c.method for s in sections for c in s.primary))
    found = [_finding(method, sections) for method in methods]
    return tuple(found) or (Finding("There is nothing to compare in any section."),)


def _finding(method: str, sections: Sequence[SectionNumbers]) -> Finding:
    compared = [c for s in sections for c in s.primary if c.method == method]
    counts = Counter(outcome(c) for c in compared)
    total, baseline = counted(len(compared), "section"), compared[0].baseline
    shown = [f"{side} in {counts[side]}" for side in ("higher", "lower") if counts[side]]
    others = [f"{what} in {counts[key]}" for key, what in _UNCLEAR.items() if counts[key]]
    plain_case = counts["not shown"] == len(compared)
    evidence = f"{capitalized(', '.join(others))}." if others and not plain_case else ""
    if shown:
        claim = (
            f"Compared with {quoted(baseline)}, {quoted(method)} scored {' and '.join(shown)} of "
            f"{total}."
        )
    else:
        claim = (
            f"No difference between {quoted(method)} and {quoted(baseline)} is shown in any of "
            f"{total}."
        )
    return Finding(claim, evidence)


_UNCLEAR: dict[Outcome, str] = {
    "hint of higher": "a hint of higher scores",
    "hint of lower": "a hint of lower scores",
    "not shown": "no difference shown",
    "unknown": "too few runs to tell",
}
