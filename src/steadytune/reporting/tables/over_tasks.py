"""The table over tasks: one row a method, in domain and out of domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..._counted import counted
from ..._page.table import Column, Group, Table, row
from ..analysis.metric_display import MetricDisplay, interval_text, p_text, quoted, ratio_text
from ..analysis.over_tasks import OverTasks, PooledComparison, Side
from ..analysis.subsets import FEWEST_SUBSETS

POINTS = MetricDisplay("score", "", "points", decimals=2)
"""Scores that are already in points; a mean over tasks is worth a digit more than one task."""


@dataclass(frozen=True)
class _Line:
    """A method on one side; the baseline is compared with nothing."""

    method: str
    comparison: PooledComparison | None
    degenerate: str


def over_tasks_table(data: OverTasks) -> Table:
    """Mean differences and ratios of spreads over tasks."""
    compared = [c for side in _sides(data) for c in side.comparisons]
    columns = _columns("Subsets" if any(c.subsets for c in compared) else "Pairs")
    groups = [_group("In domain", data, data.inside, columns)]
    if data.outside:
        groups.append(_group("Out of domain, exploratory", data, data.outside, columns))
    return Table(
        title=f"Averages over {counted(len(data.inside.tasks), data.unit)}, against "
        f"{quoted(data.baseline)}",
        first="Method",
        columns=columns,
        groups=tuple(groups),
        notes=tuple(_notes(data)),
    )


def _columns(count: str) -> tuple[Column[_Line], ...]:
    def of(heading: str, text: Callable[[PooledComparison], str]) -> Column[_Line]:
        return Column(heading, lambda line: text(line.comparison) if line.comparison else "")

    return (
        replace(of(count, lambda c: str(c.difference.count)), dispensable=True),
        Column("Difference", _difference),
        of("95 % interval", lambda c: interval_text(c.difference.interval, POINTS.difference)),
        of("p", lambda c: p_text(c.difference.p_value if c.adjusted_p is None else c.adjusted_p)),
        of("Std ratio", lambda c: ratio_text(c.spread.pooled.estimate)),
        of("Its interval", lambda c: interval_text(c.spread.pooled.interval, ratio_text)),
        Column("Did not learn", lambda line: line.degenerate, dispensable=True),
    )


def _difference(line: _Line) -> str:
    found = line.comparison
    return "baseline" if found is None else POINTS.difference(found.difference.mean)


def _sides(data: OverTasks) -> list[Side]:
    return [side for side in (data.inside, data.outside) if side]


def _group(heading: str, data: OverTasks, side: Side, columns: tuple[Column[_Line], ...]) -> Group:
    inside = side is data.inside
    found = {c.method: c for c in side.comparisons}
    methods = [m for m in data.methods if m in found or (m == data.baseline and inside)]
    lines = (_Line(m, found.get(m), degenerate_text(data, m) if inside else "") for m in methods)
    rows = tuple(row(line.method, columns, line, line.method) for line in lines)
    return Group(heading, rows, _remark(side, inside))


def _remark(side: Side, inside: bool) -> str:
    names = [t.name if inside else f"{t.name} on {', '.join(t.domains)}" for t in side.tasks]
    return ("; " if not inside else ", ").join(names)


def degenerate_text(data: OverTasks, method: str) -> str:
    """`3 of 40`."""
    count, total = data.degenerate.get(method, (0, 0))
    return f"{count} of {total}"


def _notes(data: OverTasks) -> Iterator[str]:
    unit, baseline = data.unit, quoted(data.baseline)
    yield (
        f"Difference: the scores of each seed are averaged over the {unit}s, with equal weights, "
        f"and compared with {baseline}, pair by pair: in points of the primary metric "
        f"(correlations times 100). {_counted(data)} The {unit}s are fixed: the intervals speak of "
        "these with other seeds, not of others."
    )
    count = counted(len(data.inside.comparisons), "method")
    yield (
        "p: two-sided sign-flip test. In domain it is corrected by Holm over the "
        f"{count} of this table, separately from the single sections. Out of domain nothing is "
        "corrected."
    )
    yield (
        f"Std ratio: the geometric mean over {unit}s of the ratio of standard deviations over "
        f"seeds to {baseline}; below 1 the method varies less. Its interval resamples pairs "
        f"within each {unit}. Exploratory, not corrected.{_clustered(data)}"
    )
    yield (
        "Runs that did not learn, which the verdict counts too, ended in domain no better than the "
        f"majority-class baseline; they are counted over all {unit}s. The majority-class baseline "
        "stands in for runs that diverged or crashed, in every column."
    )
    if data.outside:
        yield (
            f"Out of domain: for each {unit} the mean over its domains that the model did not see "
            "in pretraining."
        )
    yield from _left_out(data)


def _counted(data: OverTasks) -> str:
    if any(c.subsets for side in _sides(data) for c in side.comparisons):
        return (
            f"Interval and test count the training subsets that all {data.unit}s share, each the "
            "mean over its seeds."
        )
    text = f"Interval (Student's t) and test count the seeds that all {data.unit}s share."
    if 1 < data.subsets < FEWEST_SUBSETS:
        text += " With two training subsets they are too narrow to speak for other subsets."
    return text


def _clustered(data: OverTasks) -> str:
    if data.subsets < 2:
        return ""
    return " It counts runs on one training subset as independent, which they are not."


def _left_out(data: OverTasks) -> Iterator[str]:
    if data.unit == "section":
        yield "Some of these sections are of the same task: sections are counted, not tasks."
    if data.excluded:
        listed = "; ".join(f"{name}, where {reason}" for name, reason in data.excluded)
        yield f"Left out of this table: {listed}."
    if data.outside:
        have = {task.name for task in data.outside.tasks}
        missing = [task.name for task in data.inside.tasks if task.name not in have]
        if missing:
            yield f"Without a domain that the model has not seen: {'; '.join(missing)}."
    yield from _partial(data)


def _partial(data: OverTasks) -> Iterator[str]:
    """Rows that rest on fewer tasks than the table."""
    for side, where in ((data.inside, "in domain"), (data.outside, "out of domain")):
        if side is None:
            continue
        lacking: dict[str, list[str]] = {}
        for found in side.comparisons:
            missing = [t.name for t in side.tasks if t.name not in found.tasks]
            for names, text in (
                (missing, "not run on {}."),
                (found.without_ratio, _WITHOUT_RATIO),
            ):
                if names:
                    lacking.setdefault(text.format("; ".join(names)), []).append(found.method)
        for text, methods in lacking.items():
            yield f"{', '.join(map(quoted, methods))}, {where}: {text}"
    shown = {c.method for c in data.inside.comparisons}
    alone = [quoted(m) for m in data.methods if m not in shown and m != data.baseline]
    if alone:
        yield f"On one {data.unit} alone, and so in no row: {', '.join(alone)}."


_WITHOUT_RATIO = (
    "no ratio of spreads on {}, where all scores of one side are equal or there are fewer than "
    "three pairs; it is over the rest."
)
