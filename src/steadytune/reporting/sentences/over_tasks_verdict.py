"""What the tasks say together, in words: a finding a method, and one sentence out of domain."""

from __future__ import annotations

from collections.abc import Sequence

from ..._counted import counted
from ..analysis.metric_display import interval_text, ratio_text
from ..analysis.over_tasks import OverTasks, PooledComparison
from ..tables.over_tasks import POINTS, degenerate_text
from .verdict import Finding, amount, how_sure, outcome

MANY = 4
"""From so many methods on, one finding says at the top which of them stand out."""


def over_tasks_findings(data: OverTasks) -> tuple[Finding, ...]:
    """One finding per method that was compared; before them one on all if they are many."""
    compared = data.inside.comparisons
    lead = (_lead(compared, data),) if len(compared) >= MANY else ()
    return (*lead, *(_finding(comparison, data) for comparison in compared))


def _lead(comparisons: Sequence[PooledComparison], data: OverTasks) -> Finding:
    outcomes = [(outcome(c), c.method) for c in comparisons]
    most = len(data.inside.tasks)
    partial = any(len(c.tasks) < most for c in comparisons)

    def told(side: str) -> str:
        names = [method for what, method in outcomes if what == side]
        return _in_row(names) or "none"

    claim = (
        f"Of {len(comparisons)} methods, shown to score higher than {data.baseline} on average "
        f"over {'up to ' if partial else ''}{counted(most, data.unit)}: {told('higher')}; lower: "
        f"{told('lower')}."
    )
    hints = [
        f"{side} scores: {_in_row(names)}"
        for side in ("higher", "lower")
        if (names := [method for what, method in outcomes if what == f"hint of {side}"])
    ]
    spread = [
        f"{side}: {_in_row(names)}"
        for side in ("steadier", "less steady")
        if (names := [c.method for c in comparisons if _side(c) == side])
    ]
    parts = (
        f"Hints of {'; of '.join(hints)}." if hints else "",
        f"Spread over seeds, exploratory and not corrected: {'; '.join(spread)}." if spread else "",
    )
    return Finding(claim, " ".join(filter(None, parts)))


def _in_row(names: Sequence[str]) -> str:
    """Names may hold commas of their own."""
    return "; ".join(names)


def _finding(comparison: PooledComparison, data: OverTasks) -> Finding:
    steadier = steadiness(comparison)
    claim = f"{_score_claim(comparison, data)}{f' {steadier}' if steadier else ''}"
    parts = (
        _scores(comparison, data),
        _spreads(comparison),
        f"Degenerate runs: {degenerate_text(data, comparison.method)}, of {data.baseline} "
        f"{degenerate_text(data, data.baseline)}.",
    )
    return Finding(claim, " ".join(filter(None, parts)))


def _score_claim(comparison: PooledComparison, data: OverTasks) -> str:
    method, baseline = comparison.method, comparison.baseline
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


def steadiness(comparison: PooledComparison) -> str:
    """A claim on spread where the interval of the ratio leaves out 1; else nothing."""
    side = _side(comparison)
    return f"{comparison.method} was {side} over seeds." if side else ""


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
    proof = "Where no difference is shown, the true one may have either sign: that is no proof "
    return (
        *((f"{proof}that there is none.",) if unclear else ()),
        *(_out_of_domain(data.outside.comparisons, data) if data.outside else ()),
    )


def _out_of_domain(comparisons: Sequence[PooledComparison], data: OverTasks) -> list[str]:
    known = [c for c in comparisons if c.difference.interval]
    if not known or data.outside is None:
        return []
    clear = [c for c in known if (found := c.difference.interval) and found.excludes(0)]
    named = [f"{c.method} {POINTS.difference_in_words(c.difference.mean)}" for c in clear]
    compared = [c for c in comparisons if c.spread.pooled.interval]
    steady = [c for c in compared if steadiness(c)]
    ratios = [f"{c.method} {ratio_text(c.spread.pooled.estimate)}" for c in steady]
    return [
        f"Out of domain, over {counted(len(data.outside.tasks), data.unit)}, {len(clear)} of "
        f"{len(known)} mean differences to {data.baseline} have an interval that leaves out zero"
        f"{_listed(named)}, and {len(steady)} of {len(compared)} ratios of standard deviations one "
        f"that leaves out 1{_listed(ratios)}. Exploratory, not corrected for their number."
    ]


def _listed(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""
