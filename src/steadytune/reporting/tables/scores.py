"""Scores over seeds, with every run and with the finished ones alone."""

from __future__ import annotations

from collections.abc import Callable

from ..._page.table import Column, Group, Table, row
from ...stats import Summary
from ..analysis.metric_display import NOT_AVAILABLE, MetricDisplay
from ..analysis.section_numbers import MethodScores, SectionNumbers


def score_table(section: SectionNumbers) -> Table:
    """Scores over seeds by domain and method."""
    columns = (*_statistics(section.metric, _all_runs), Column("Did not learn", _degenerate))
    return Table(
        title=f"Scores over seeds: {section.metric.heading}",
        first="Method",
        columns=columns,
        groups=_groups(section, columns, with_constant=True),
        notes=_notes(section),
    )


def finished_table(section: SectionNumbers) -> Table | None:
    """The same scores without the runs that the baseline stands in for, if there are any."""
    if not _stand_ins(section):
        return None
    columns = _statistics(section.metric, _finished_runs)
    return Table(
        title=f"Secondary: finished runs alone, {section.metric.heading}",
        first="Method",
        columns=columns,
        groups=_groups(section, columns, with_constant=False),
        notes=("This leaves out what failed and so flatters methods that fail often.",),
    )


def _all_runs(method: MethodScores) -> Summary:
    return method.summary


def _finished_runs(method: MethodScores) -> Summary:
    return method.finished


def _statistics(
    metric: MetricDisplay, over: Callable[[MethodScores], Summary]
) -> tuple[Column[MethodScores], ...]:
    return (
        Column("Runs", lambda m: str(over(m).count)),
        Column("Mean", lambda m: metric.score(over(m).mean)),
        Column("Std", lambda m: metric.spread(over(m).std)),
        Column("Median", lambda m: metric.score(over(m).median), dispensable=True),
        Column("IQM", lambda m: metric.score(over(m).interquartile_mean), dispensable=True),
        Column("Min", lambda m: metric.score(over(m).minimum)),
        Column("Max", lambda m: metric.score(over(m).maximum)),
    )


def _degenerate(method: MethodScores) -> str:
    found = method.degenerate
    return f"{found.count} of {found.total}" if found.total else NOT_AVAILABLE


def _groups(
    section: SectionNumbers, columns: tuple[Column[MethodScores], ...], with_constant: bool
) -> tuple[Group, ...]:
    return tuple(
        Group(
            f"{scores.domain.name}, {scores.domain.place}",
            tuple(row(m.method, columns, m, m.method) for m in scores.methods),
            f"majority-class baseline: {section.metric.in_words(scores.constant)}"
            if with_constant
            else "",
        )
        for scores in section.domains
    )


def _notes(section: SectionNumbers) -> tuple[str, ...]:
    notes = [
        "Std is the sample standard deviation (divisor n - 1); n/a where one run leaves it "
        "undefined. IQM, the interquartile mean, is the mean of the middle half of the runs.",
        "A run did not learn if it ended, in domain, no better than the majority-class baseline, "
        "which gives every example the same answer. If the metric is undefined for such answers, "
        "the run gets the baseline's score.",
    ]
    if section.subsets > 1:
        notes.append(
            f"The runs use {section.subsets} training subsets, so the spread is that over seeds "
            "and subsets together."
        )
    if any(d.domain.exposed for d in section.domains):
        notes.append(
            "What the model saw in pretraining does not test transfer: scores there may be too "
            "high for every method."
        )
    if _stand_ins(section):
        notes.append(
            "A run that diverged or crashed while training counts here with the score of the "
            "majority-class baseline, so that a method cannot gain by failing."
        )
    return tuple(notes)


def _stand_ins(section: SectionNumbers) -> bool:
    return any(m.stand_ins for d in section.domains for m in d.methods)
