"""What the tasks say together, in words: a finding a method, and one sentence out of domain."""

from __future__ import annotations

from collections.abc import Sequence

from ..._counted import counted
from ..analysis.metric_display import interval_text, quoted, ratio_text
from ..analysis.over_tasks import OverTasks, PooledComparison
from ..tables.over_tasks import POINTS, degenerate_text
from .qualifications import learned_text
from .verdict import Finding, amount, how_sure, outcome


def over_tasks_findings(data: OverTasks) -> tuple[Finding, ...]:
    """One finding per method that was compared."""
    return tuple(_finding(comparison, data) for comparison in data.inside.comparisons)


def _finding(comparison: PooledComparison, data: OverTasks) -> Finding:
    steadier = _steadiness(comparison, data)
    claim = f"{_score_claim(comparison, data)}{f' {steadier}' if steadier else ''}"
    parts = (
        _scores(comparison, data),
        _spreads(comparison),
        f"Runs that did not learn: {degenerate_text(data, comparison.method)}, of "
        f"{quoted(data.baseline)} {degenerate_text(data, data.baseline)}.",
    )
    return Finding(claim, " ".join(filter(None, parts)))


def _score_claim(comparison: PooledComparison, data: OverTasks) -> str:
    method, baseline = quoted(comparison.method), quoted(comparison.baseline)
    over = f"over {counted(len(comparison.tasks), data.unit)}"
    found = outcome(comparison)
    if comparison.difference.mean is None:
        return f"{method} and {baseline} share no seed {over}: their mean difference is unknown."
    if found == "unknown":
        return f"One seed cannot tell whether {method} differs from {baseline} {over}."
    if found == "not shown":
        return f"No difference between {method} and {baseline} is shown on average {over}."
    side = "higher" if comparison.difference.mean > 0 else "lower"
    if found.startswith("hint"):
        return f"There is a hint that {method} scores {side} than {baseline} on average {over}."
    return f"{method} scored {side} than {baseline} on average {over}."


def _steadiness(comparison: PooledComparison, data: OverTasks) -> str:
    """A claim on spread where the interval of the ratio leaves out 1; else nothing.

    Never without the runs that did not learn: a method may be steady because it fails.
    """
    side, lost = _side(comparison), learned_text(*data.degenerate.get(comparison.method, (0, 0)))
    return f"{quoted(comparison.method)} was {side} over seeds, and {lost}." if side else ""


def _side(comparison: PooledComparison) -> str:
    interval = comparison.spread.pooled.interval
    if interval is None or not interval.excludes(1):
        return ""
    return "steadier" if interval.high < 1 else "less steady"


def _scores(comparison: PooledComparison, data: OverTasks) -> str:
    found = comparison.difference
    if found.mean is None:
        return ""
    text = f"Mean difference {POINTS.difference_in_words(found.mean)} over {amount(comparison)}"
    if found.interval:
        text += f", 95 % interval {interval_text(found.interval, POINTS.difference)}"
    text += f", higher in {comparison.higher} of {counted(len(comparison.tasks), data.unit)}."
    clear = found.interval is not None and found.interval.excludes(0)
    return f"{text} {how_sure(comparison, POINTS)}" if clear else text


def _spreads(comparison: PooledComparison) -> str:
    found = comparison.spread.pooled
    if found.estimate is None:
        return "Spread over seeds cannot be compared."
    text = f"Standard deviation over seeds: {ratio_text(found.estimate)} times the baseline's"
    if found.interval is None:
        return f"{text}, with no interval."
    shown = (
        "exploratory, not corrected"
        if found.interval.excludes(1)
        else "no difference in stability shown"
    )
    return f"{text}, 95 % interval {interval_text(found.interval, ratio_text)}; {shown}."


def over_tasks_details(data: OverTasks) -> tuple[str, ...]:
    """What qualifies the findings."""
    unclear = [c for c in data.inside.comparisons if outcome(c) == "not shown"]
    proof = "Where no difference is shown, the true one may have either sign: that does not show "
    return (
        *((f"{proof}that there is none.",) if unclear else ()),
        *(_out_of_domain(data.outside.comparisons, data) if data.outside else ()),
    )


def _out_of_domain(comparisons: Sequence[PooledComparison], data: OverTasks) -> list[str]:
    known = [c for c in comparisons if c.difference.interval]
    if not known or data.outside is None:
        return []
    clear = [c for c in known if (found := c.difference.interval) and found.excludes(0)]
    named = [f"{quoted(c.method)} {POINTS.difference_in_words(c.difference.mean)}" for c in clear]
    compared = [c for c in comparisons if c.spread.pooled.interval]
    steady = [c for c in compared if _side(c)]
    ratios = [f"{quoted(c.method)} {ratio_text(c.spread.pooled.estimate)}" for c in steady]
    return [
        f"Out of domain, over {counted(len(data.outside.tasks), data.unit)}, {len(clear)} of "
        f"{len(known)} mean differences to {quoted(data.baseline)} have an interval that excludes "
        f"zero{_listed(named)}, and {len(steady)} of {len(compared)} ratios of standard "
        f"deviations one that excludes 1{_listed(ratios)}. Exploratory, not corrected for their "
        "number."
    ]


def _listed(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""
