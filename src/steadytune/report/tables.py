"""Tables as data: the terminal and the page show the same cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..stats import Interval, Summary
from .analysis import Comparison, Cost, DomainScores, MethodScores, Setting
from .metrics import (
    NOT_AVAILABLE,
    MetricDisplay,
    duration,
    metric_display,
    number,
    p_text,
    plural,
)
from .schema import Record
from .scoring import counts, score

MOST_FAILURES = 50


@dataclass(frozen=True)
class Row:
    """A row: its label, the method it belongs to (None for none) and one text a column."""

    label: str
    cells: tuple[str, ...]
    method: str | None = None


@dataclass(frozen=True)
class Group:
    """Rows under a common heading, with a remark beside it."""

    heading: str
    rows: tuple[Row, ...]
    remark: str = ""


@dataclass(frozen=True)
class Table:
    """A titled table; `columns` names the cells of a row, `first` its label."""

    title: str
    first: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()
    numeric: bool = True


def score_table(setting: Setting) -> Table:
    """Scores over seeds by domain and method."""
    return Table(
        title=f"Scores over seeds: {setting.metric.heading}",
        first="Method",
        columns=("Seeds", "Mean", "Std", "Min", "Max", "Degenerate"),
        groups=tuple(_score_group(d, setting.metric) for d in setting.domains),
        notes=_score_notes(setting),
    )


def _score_group(scores: DomainScores, metric: MetricDisplay) -> Group:
    constant = metric.in_words(scores.constant)
    return Group(
        heading=f"{scores.domain}, {where(scores.in_domain)}",
        remark=f"constant predictor: {constant}",
        rows=tuple(_score_row(m, m.summary, metric) for m in scores.methods),
    )


def _score_row(method: MethodScores, summary: Summary, metric: MetricDisplay) -> Row:
    found = method.degenerate
    share = f"{found.count} of {found.total}" if found.total else NOT_AVAILABLE
    numbers = (
        metric.score(summary.mean),
        metric.spread(summary.std),
        metric.score(summary.minimum),
        metric.score(summary.maximum),
    )
    return Row(method.method, (str(summary.count), *numbers, share), method.method)


def _score_notes(setting: Setting) -> tuple[str, ...]:
    notes = [
        "Std is the sample standard deviation over seeds (divisor n - 1); n/a where one seed "
        "leaves it undefined.",
        "A run is degenerate when it ended, in domain, no better than the constant predictor, "
        "which always gives the most frequent answer.",
    ]
    if any(m.stand_ins for d in setting.domains for m in d.methods):
        notes.append(
            "A run that diverged or crashed while training counts here with the score of the "
            "constant predictor, so that a method cannot gain by failing."
        )
    return tuple(notes)


def finished_table(setting: Setting) -> Table | None:
    """The same scores without the runs that the constant predictor stands for, if there are any."""
    if not any(m.stand_ins for d in setting.domains for m in d.methods):
        return None
    return Table(
        title=f"Secondary: finished runs alone, {setting.metric.heading}",
        first="Method",
        columns=("Seeds", "Mean", "Std", "Min", "Max", "Median"),
        groups=tuple(
            Group(
                f"{d.domain}, {where(d.in_domain)}",
                tuple(_finished_row(m, setting.metric) for m in d.methods),
            )
            for d in setting.domains
        ),
        notes=("This leaves out what failed and so flatters methods that fail often.",),
    )


def _finished_row(method: MethodScores, metric: MetricDisplay) -> Row:
    row = _score_row(method, method.finished, metric)
    return Row(row.label, (*row.cells[:-1], metric.score(method.finished.median)), row.method)


def difference_table(setting: Setting) -> Table | None:
    """Paired differences to the baseline; None when there is nothing to compare."""
    if not setting.comparisons:
        return None
    unit = setting.metric.difference_unit or "metric's own units"
    return Table(
        title=f"Paired differences to {setting.baseline}: {setting.metric.name} in {unit}",
        first="Domain",
        columns=("Pairs", "Mean", "95 % interval", "Higher", "p", "Smallest p"),
        groups=_by_method(setting, "minus", lambda c: _difference_row(c, setting.metric)),
        notes=_difference_notes(setting),
    )


def _difference_row(comparison: Comparison, metric: MetricDisplay) -> Row:
    found = comparison.difference
    p_value = comparison.adjusted_p if comparison.in_domain else found.p_value
    cells = (
        str(found.count),
        metric.difference(found.mean),
        interval_text(found.interval, metric.difference),
        f"{found.higher} of {found.count}",
        p_text(p_value),
        p_text(found.smallest_p),
    )
    return Row(_domain_label(comparison), cells, comparison.method)


def _difference_notes(setting: Setting) -> tuple[str, ...]:
    return (
        "Two runs with the same seed share their initial head, batch order and dropout draws; the "
        "difference is taken pair by pair. The interval is Student's t over these differences.",
        "p is the two-sided p-value of the sign-flip test, smallest p the lowest that this number "
        "of pairs could reach before any correction. In domain it is the primary comparison"
        + (", corrected by Holm for all methods on this page" if len(setting.primary) > 1 else "")
        + "; out of domain it is exploratory and not corrected.",
    )


def spread_table(setting: Setting) -> Table | None:
    """Standard deviations against the baseline's; None when there is nothing to compare."""
    if not setting.comparisons:
        return None
    return Table(
        title=f"Spread over seeds relative to {setting.baseline}",
        first="Domain",
        columns=("Pairs", "Ratio of std", "95 % interval", "p, paired", "p, robust"),
        groups=_by_method(setting, "over", _spread_row),
        notes=(
            "A ratio below 1 means that the method varies less over seeds. The interval and the "
            "paired p come from the Pitman-Morgan test, which assumes normal scores; the robust p "
            "from the Brown-Forsythe test, which ignores the pairing.",
            "Spread needs many seeds: to detect a ratio of 0.7 in four of five studies takes about "
            "65 pairs. All of these comparisons are exploratory.",
        ),
    )


def _spread_row(comparison: Comparison) -> Row:
    found = comparison.spread
    cells = (
        str(found.count),
        number(found.ratio, 2),
        interval_text(found.interval, lambda v: number(v, 2)),
        p_text(found.pitman_morgan_p),
        p_text(found.brown_forsythe_p),
    )
    return Row(_domain_label(comparison), cells, comparison.method)


def _domain_label(comparison: Comparison) -> str:
    return f"{comparison.domain}, in domain" if comparison.in_domain else comparison.domain


def _by_method(
    setting: Setting, relation: str, make: Callable[[Comparison], Row]
) -> tuple[Group, ...]:
    others = [m for m in setting.methods if m != setting.baseline]
    rows = {m: tuple(make(c) for c in setting.comparisons if c.method == m) for m in others}
    return tuple(Group(f"{m} {relation} {setting.baseline}", rows[m]) for m in others)


def cost_table(setting: Setting) -> Table:
    """What each method cost in time."""
    against = f"Relative to {setting.baseline}" if setting.baseline else "Relative"
    return Table(
        title="Cost in time",
        first="Method",
        columns=("Runs", "One step", against, "Training one run", "All runs"),
        groups=(Group("", tuple(_cost_row(cost) for cost in setting.costs)),),
        notes=(
            "Medians over the runs; the last column is the sum of all runs, with loading and "
            "evaluation. Runs that shared the machine slowed each other down.",
        ),
    )


def _cost_row(cost: Cost) -> Row:
    ratio = NOT_AVAILABLE if cost.ratio is None else f"{cost.ratio:.2f} times"
    cells = (
        str(cost.runs),
        duration(cost.seconds_per_step),
        ratio,
        duration(cost.training_seconds),
        duration(cost.total_seconds),
    )
    return Row(cost.method, cells, cost.method)


def failure_table(records: Sequence[Record]) -> Table | None:
    """Runs that did not end well, with their reasons; None if all did."""
    failures = [record for record in records if record.status != "ok"]
    if not failures:
        return None
    hidden = len(failures) - MOST_FAILURES
    notes = (f"{plural(hidden, 'more run')} did not end well; see the records.",)
    return Table(
        title="Runs that did not end well",
        first="Method",
        columns=("Seed", "What happened", "Reason", "Counts as"),
        groups=(Group("", tuple(_failure_row(r) for r in failures[:MOST_FAILURES])),),
        notes=notes if hidden > 0 else (),
        numeric=False,
    )


def _failure_row(record: Record) -> Row:
    cells = (str(record.spec.seed), _STATUS[record.status], record.reason or "not recorded")
    return Row(record.spec.method, (*cells, _counted_as(record)), record.spec.method)


def _counted_as(record: Record) -> str:
    if record.task is None or not counts(record):
        return "left out"
    found = score(record, record.task.in_domain)
    if found is None:
        return "left out: its constant predictor is not recorded"
    return f"constant predictor, {metric_display(record.task.metric).in_words(found.value)}"


_STATUS = {
    "diverged": "diverged: met NaN or infinity",
    "failed": "crashed",
    "cancelled": "cancelled",
}


def interval_text(interval: Interval | None, show: Callable[[float | None], str]) -> str:
    """`-0.4 to +1.9`, or n/a."""
    if interval is None:
        return NOT_AVAILABLE
    return f"{show(interval.low)} to {show(interval.high)}"


def where(in_domain: bool) -> str:
    """Which side of the training domain."""
    return "in domain" if in_domain else "out of domain"
