"""Paired differences to the baseline."""

from __future__ import annotations

from ..._page.table import Column, Table
from ..analysis.metric_display import interval_text, p_text, quoted
from ..analysis.section_numbers import Comparison, SectionNumbers
from .against_baseline import by_method, count_column


def difference_table(section: SectionNumbers) -> Table | None:
    """Differences with interval and sign-flip test; None when there is nothing to compare."""
    if not section.comparisons:
        return None
    metric = section.metric
    columns: tuple[Column[Comparison], ...] = (
        count_column(section),
        Column("Mean", lambda c: metric.difference(c.difference.mean)),
        Column("95 % interval", lambda c: interval_text(c.difference.interval, metric.difference)),
        Column("Higher", lambda c: f"{c.difference.higher} of {c.difference.count}"),
        Column("p", lambda c: p_text(c.adjusted_p if c.in_domain else c.difference.p_value)),
        Column("Smallest p", lambda c: p_text(c.difference.smallest_p)),
    )
    unit = metric.difference_unit or "metric's own units"
    return Table(
        title=f"Paired differences to {quoted(section.baseline or '')}: {metric.name} in {unit}",
        first="Domain",
        columns=columns,
        groups=by_method(section, "minus", columns),
        notes=_notes(section),
    )


def _notes(section: SectionNumbers) -> tuple[str, ...]:
    return (
        "Two runs with the same seed share their initial head, batch order and dropout draws; the "
        f"difference is taken pair by pair. {_interval_note(section)}",
        "p is the two-sided p-value of the sign-flip test, smallest p the lowest that this number "
        "could reach before any correction. In domain it is the primary comparison"
        + (", corrected by Holm for all of them on this page" if _is_corrected(section) else "")
        + "; out of domain it is exploratory and not corrected.",
    )


def _is_corrected(section: SectionNumbers) -> bool:
    """A lone comparison is corrected too where the page has other sections."""
    primary = section.primary
    return len(primary) > 1 or any(c.adjusted_p != c.difference.p_value for c in primary)


def _interval_note(section: SectionNumbers) -> str:
    if any(c.subsets for c in section.comparisons):
        return (
            "The differences of one training subset are averaged over its seeds, and interval and "
            "tests count subsets: Student's t over their means. They speak for other subsets drawn "
            "like these, with seeds like these."
        )
    return "The interval is Student's t over these differences."
