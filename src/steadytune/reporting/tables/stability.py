"""Noise sensitivity against score in numbers: by method, pooled, and over sections in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..._counted import counted
from ..._page.table import Column, Group, Table, row
from ...stats import Correlation
from ..analysis.metric_display import NOT_AVAILABLE, interval_text, number, signed
from ..analysis.section_numbers import SectionNumbers
from ..analysis.stability import Pooled, Stability, stability, stability_over

ALL = "inside methods, pooled"


@dataclass(frozen=True)
class _Line:
    """A method, or all of them pooled."""

    label: str
    moved: float | None
    every: Correlation
    learned: Correlation
    method: str | None = None


def stability_table(section: SectionNumbers) -> Table | None:
    """Spearman's correlation by method; None where no method has four runs with a profile."""
    data = stability(section)
    if data is None:
        return None
    both = data.within.degenerate > 0
    columns = (
        Column("Moved by", lambda line: "" if line.moved is None else f"{number(line.moved, 2)} %"),
        *_correlation("Runs", lambda line: line.every),
        *(_correlation("Learned", lambda line: line.learned) if both else ()),
    )
    lines = [_Line(m.method, m.moved, m.every, m.learned, m.method) for m in data.methods]
    lines.append(_Line(ALL, None, data.within.every, data.within.learned))
    rows = tuple(row(line.label, columns, line, line.method) for line in lines)
    return Table(
        title="Noise sensitivity against the score in domain, inside each method",
        first="Method",
        columns=columns,
        groups=(Group("", rows),),
        notes=tuple(_notes(data, both)),
    )


def _correlation(
    runs: str, of: Callable[[_Line], Correlation]
) -> tuple[Column[_Line], Column[_Line], Column[_Line]]:
    return (
        Column(runs, lambda line: str(of(line).count)),
        Column("Spearman", lambda line: signed(of(line).value, 2)),
        Column("95 % interval", lambda line: interval_text(of(line).interval, _signed)),
    )


def _signed(value: float | None) -> str:
    return signed(value, 2)


def _notes(data: Stability, both: bool) -> Sequence[str]:
    better = "higher" if data.higher_is_better else "lower, which here is worse"
    notes = [
        f"Moved by: how far noise at layer {data.layer} moves the top layer after fine-tuning, "
        "relative to that layer's length, mean over runs.",
        f"Below zero, runs that noise moves less scored {better}. Methods are never mixed: one "
        "that lowers the sensitivity itself would decide the correlation. Pooling treats the "
        "methods as independent, though they share their seeds. Exploratory, not corrected.",
        "Runs that diverged or crashed left no model to measure.",
    ]
    if both:
        notes.append(
            "Runs that did not learn may lie far off on either axis and so decide a correlation: "
            "the second one is without them."
        )
    return notes


def stability_sentence(sections: Sequence[SectionNumbers]) -> str:
    """One line over all sections; empty where there is nothing to correlate."""
    found = stability_over(sections)
    if found is None or found.every.value is None:
        return ""
    return f"{_opening(found)} {_without(found)}Exploratory."


def _opening(found: Pooled) -> str:
    every = found.every
    return (
        "Do models that noise moves less score higher? Spearman's correlation between noise "
        f"sensitivity and score in domain, inside {counted(every.groups, 'group')} of runs with "
        f"one method in one section, pooled over {counted(every.count, 'run')}: {_reading(every)}."
    )


def _without(found: Pooled) -> str:
    if not found.degenerate:
        return ""
    runs = counted(found.degenerate, "run")
    return f"Without {runs} that did not learn: {_reading(found.learned)}. "


def _reading(found: Correlation) -> str:
    """The number, its interval, and what that allows to say."""
    if found.value is None or found.interval is None:
        return NOT_AVAILABLE
    says = "no relation shown"
    if found.interval.excludes(0):
        side = "higher" if found.value < 0 else "lower"
        says = f"runs that noise moves less scored {side}"
    interval = interval_text(found.interval, _signed)
    return f"{number(found.value, 2)}, 95 % interval {interval}, {says}"
