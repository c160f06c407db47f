"""Every section's scores and differences in domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..._counted import counted
from ..._page.table import Column, Group, Table, row
from ..analysis.metric_display import NOT_AVAILABLE, interval_text, p_text
from ..analysis.section_numbers import Comparison, MethodScores, SectionNumbers

MOST_GROUPS = 300


@dataclass(frozen=True)
class _Line:
    """A method of a section; `comparison` is None for the baseline."""

    numbers: SectionNumbers
    scores: MethodScores
    comparison: Comparison | None


def sections_table(headings: Sequence[str], sections: Sequence[SectionNumbers]) -> Table:
    """One group a section, one row a method; of very many sections the first ones."""
    hidden = len(sections) - MOST_GROUPS
    more = (f"{counted(hidden, 'more section')} are left out of this table.",) if hidden > 0 else ()
    return Table(
        title="In domain, section by section",
        first="Method",
        columns=_COLUMNS,
        groups=tuple(map(_group, headings[:MOST_GROUPS], sections)),
        notes=(
            *more,
            "Difference: the mean paired difference to the baseline. p: two-sided sign-flip test, "
            "corrected by Holm over all rows of this table.",
        ),
    )


def _group(heading: str, section: SectionNumbers) -> Group:
    compared = {c.method: c for c in section.primary}
    lines = (_Line(section, m, compared.get(m.method)) for m in section.in_domain.methods)
    rows = tuple(row(line.scores.method, _COLUMNS, line, line.scores.method) for line in lines)
    return Group(heading, rows, f"{section.metric.heading}, {section.in_domain.domain.remark}")


def _difference(line: _Line) -> str:
    if line.comparison is None:
        return "baseline" if line.numbers.baseline else NOT_AVAILABLE
    return line.numbers.metric.difference(line.comparison.difference.mean)


def _interval(line: _Line) -> str:
    if line.comparison is None:
        return ""
    return interval_text(line.comparison.difference.interval, line.numbers.metric.difference)


_COLUMNS: tuple[Column[_Line], ...] = (
    Column("Runs", lambda line: str(line.scores.summary.count)),
    Column("Mean", lambda line: line.numbers.metric.score(line.scores.summary.mean)),
    Column("Std", lambda line: line.numbers.metric.spread(line.scores.summary.std), True),
    Column("Max", lambda line: line.numbers.metric.score(line.scores.summary.maximum), True),
    Column("Difference", _difference),
    Column("95 % interval", _interval),
    Column("p", lambda line: p_text(line.comparison.adjusted_p) if line.comparison else ""),
)
