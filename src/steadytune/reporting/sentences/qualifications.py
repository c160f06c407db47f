"""What qualifies a verdict: few seeds, spread, transfer, failures, and what the runs share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..._counted import counted
from ...stats import Interval
from ..analysis.facts import field_label
from ..analysis.metric_display import MetricDisplay, capitalized, interval_text, number, quoted
from ..analysis.section_numbers import Comparison, MethodScores, SectionNumbers

FEW_SEEDS = 10
FEW_METHODS = 2
FEWEST_FOR_SPREAD = 4
MOST_NAMED = 6

LEVEL = 0.05


@dataclass(frozen=True)
class Qualifications:
    """Sentences that belong to every finding of a section.

    Args:
        general: On how the runs were made; they read the same for sections made alike.
        special: On what came out here: spread, transfer and failures.
    """

    general: tuple[str, ...]
    special: tuple[str, ...]


def qualifications(section: SectionNumbers) -> Qualifications:
    """What qualifies the verdict on a section."""
    general = (
        _few_seeds(section),
        _no_proof(section),
        _own_options(section),
        _scope(section),
    )
    special = (
        *_failures(section),
        *_below_baseline(section),
        *_spreads(section),
        *_out_of_domain(section),
    )
    return Qualifications(tuple(filter(None, general)), special)


def _few_seeds(section: SectionNumbers) -> str:
    counts = [c.difference.count for c in section.comparisons]
    fewest = min(counts or [len(m.scores) for d in section.domains for m in d.methods] or [0])
    if fewest >= FEW_SEEDS:
        return ""
    if fewest <= 1:
        return "Few seeds prove little, and one proves nothing: run more to see the spread."
    unit = "training subset" if any(c.subsets for c in section.comparisons) else "seed"
    return (
        f"With {counted(fewest, unit)} this is a first look: few {unit}s prove little. Intervals "
        "are wide, and accidents that hit one run in ten are easily missed."
    )


def _no_proof(section: SectionNumbers) -> str:
    """Said once for all methods where they are many."""
    unclear = [c for c in section.primary if c.difference.interval and not _clear_of(c, 0)]
    if len(section.primary) < 2 or not unclear:
        return ""
    return (
        "Where no difference is shown, the true one may have either sign. That does not show that "
        "there is none."
    )


def _clear_of(comparison: Comparison, value: float) -> bool:
    interval = comparison.difference.interval
    return interval is not None and interval.excludes(value)


def _own_options(section: SectionNumbers) -> str:
    if not section.varied:
        return ""
    names = ", ".join(field_label(name).lower() for name in section.varied)
    return (
        f"The methods do not share all options ({names}): a difference is that of method and "
        "options together."
    )


def _spreads(section: SectionNumbers) -> list[str]:
    """Spelled out for a single comparison, in one sentence for several."""
    known = [c for c in section.primary if _spread_interval(c)]
    if len(section.primary) == 1:
        return [_spread(c, section) for c in known] or [_no_spread(section.primary)]
    if not known:
        return [_no_spread(section.primary)] if section.primary else []
    clear = [c for c in known if (found := _spread_interval(c)) and found.excludes(1)]
    names = ", ".join(f"{quoted(c.method)} {_ratio_text(c)}" for c in clear)
    return [
        f"Spread over seeds in domain: {len(clear)} of {len(known)} ratios of standard deviations "
        f"to {quoted(section.baseline or '')} have a 95 % bootstrap interval that excludes 1"
        f"{f' ({names})' if names else ''}; exploratory, not corrected."
    ]


def _no_spread(comparisons: Sequence[Comparison]) -> str:
    reasons: dict[str, list[str]] = {}
    for comparison in comparisons:
        reasons.setdefault(_why_no_spread(comparison), []).append(quoted(comparison.method))
    told = "; ".join(reason.format(", ".join(methods)) for reason, methods in reasons.items())
    return f"Spread over seeds cannot be compared here: {told}."


def _why_no_spread(comparison: Comparison) -> str:
    """In the order in which each would leave no ratio, or no interval; {} is for the methods."""
    theirs = quoted(comparison.baseline).replace("{", "{{").replace("}", "}}")
    if comparison.spread.count < FEWEST_FOR_SPREAD:
        return (
            f"it takes {FEWEST_FOR_SPREAD} seeds in common, and {theirs} has "
            f"{comparison.spread.count} with {{}}"
        )
    if comparison.spread_bootstrap.estimate is None:
        return f"all runs of {theirs} or all of the method score the same ({{}})"
    if not any(comparison.by_run):
        return f"the method scores the same as {theirs} with every seed ({{}})"
    return f"too few runs of {theirs} or of the method score differently from the rest ({{}})"


def _ratio_text(comparison: Comparison) -> str:
    interval = interval_text(_spread_interval(comparison), _ratio)
    return f"{_ratio(comparison.spread.ratio)}, {interval}"


def _ratio(value: float | None) -> str:
    return number(value, 2)


def _spread_interval(comparison: Comparison) -> Interval | None:
    return comparison.spread_bootstrap.interval


def _spread(comparison: Comparison, section: SectionNumbers) -> str:
    metric = section.metric
    ours, theirs = (metric.spread(value) for value in comparison.spread.deviations or (None, None))
    unit = f" {metric.difference_unit}" if metric.difference_unit else ""
    interval = interval_text(_spread_interval(comparison), _ratio)
    return (
        f"Spread over the {counted(comparison.spread.count, 'run')} that both have (standard "
        f"deviation): {ours}{unit} for {quoted(comparison.method)}, {theirs} for "
        f"{quoted(comparison.baseline)}. "
        f"The ratio {_ratio(comparison.spread.ratio)} has a 95 % "
        f"bootstrap interval of {interval}: {_spread_reading(comparison, section)}."
    )


def _spread_reading(comparison: Comparison, section: SectionNumbers) -> str:
    interval, robust = _spread_interval(comparison), comparison.spread.brown_forsythe_p
    assert interval is not None
    if not interval.excludes(1):
        return "no difference in stability shown"
    side = "less" if interval.high < 1 else "more"
    confirmed = robust is not None and robust <= LEVEL
    hint = "" if confirmed else ", a hint that the robust test does not confirm"
    lost = {m.method: m.degenerate for m in section.in_domain.methods}[comparison.method]
    learned = f", and {learned_text(lost.count, lost.total)}" if lost.total else ""
    return f"{quoted(comparison.method)} varied {side} over seeds{learned}{hint}"


def _out_of_domain(section: SectionNumbers) -> list[str]:
    """Spelled out for a single method, in one sentence for several."""
    known = [c for c in section.comparisons if not c.in_domain and c.difference.mean is not None]
    methods = list(dict.fromkeys(c.method for c in known))
    if len(methods) < 2:
        return [_transfer(known, section.metric)] if known else []
    clear = [c for c in known if _clear_of(c, 0)]
    named = [
        f"{quoted(c.method)} on {c.domain.remark} "
        f"{section.metric.difference_in_words(c.difference.mean)}"
        for c in clear[:MOST_NAMED]
    ]
    if len(clear) > MOST_NAMED:
        named.append(f"and {len(clear) - MOST_NAMED} more")
    names = f": {', '.join(named)}" if named else ""
    seen = _seen(known)
    return [
        f"Out of domain{seen}, {len(clear)} of {len(known)} differences to "
        f"{quoted(section.baseline or '')} have an interval that excludes zero{names}. "
        "These comparisons are exploratory and not corrected for their number."
    ]


def _seen(comparisons: Sequence[Comparison]) -> str:
    names = dict.fromkeys(c.domain.name for c in comparisons if c.domain.exposed)
    return f" (seen by the model in pretraining: {', '.join(names)})" if names else ""


def _transfer(comparisons: Sequence[Comparison], metric: MetricDisplay) -> str:
    first = comparisons[0]
    listed = ", ".join(
        f"{c.domain.remark} {metric.difference_in_words(c.difference.mean)}"
        for c in comparisons[:12]
    )
    text = f"Out of domain, {quoted(first.method)} minus {quoted(first.baseline)}: {listed}"
    single = all(c.difference.count == 1 for c in comparisons)
    return f"{text}, from one seed." if single else f"{text}. {capitalized(_clear(comparisons))}"


def _clear(comparisons: Sequence[Comparison]) -> str:
    intervals = [i for c in comparisons if (i := c.difference.interval)]
    clear = sum(interval.excludes(0) for interval in intervals)
    found = (
        f"intervals that exclude zero: {clear} of {len(intervals)}"
        if intervals
        else "no interval can be given"
    )
    return f"{found}; these comparisons are exploratory and not corrected for their number."


def _failures(section: SectionNumbers) -> list[str]:
    domain = section.in_domain
    hit = [m for m in domain.methods if m.degenerate.count or m.stand_ins]
    if hit and all(m.degenerate.count == m.degenerate.total for m in domain.methods):
        return ["No run learned: nothing was learned, so the differences mean nothing."]
    if len(hit) > FEW_METHODS:
        listed = ", ".join(
            f"{quoted(m.method)} {m.degenerate.count} of {m.degenerate.total}" for m in hit
        )
        return [f"Runs that did not learn, with those that diverged or crashed: {listed}."]
    if hit:
        return [_accidents(method) for method in hit]
    fewest = min(domain.methods, key=lambda m: m.degenerate.total, default=None)
    if fewest is None or fewest.degenerate.high is None:
        return []
    return [
        f"Every run learned; with {counted(fewest.degenerate.total, 'run')} a method could "
        f"still fail in up to {_percent(fewest.degenerate.high)} of runs (95 % interval)."
    ]


def _accidents(method: MethodScores) -> str:
    found = method.degenerate
    stood_in = len(method.stand_ins)
    because = f", {stood_in} of them because training diverged or crashed" if stood_in else ""
    low, high = found.low or 0.0, found.high or 1.0
    return (
        f"{found.count} of {counted(found.total, 'run')} of {quoted(method.method)} did not learn"
        f"{because} (95 % interval of the rate: {_percent(low)} to {_percent(high)})."
    )


def learned_text(count: int, total: int) -> str:
    """`3 of 10 runs did not learn`."""
    return f"{count} of {counted(total, 'run')} did not learn"


def _below_baseline(section: SectionNumbers) -> Iterator[str]:
    """Where mean scores are worse than giving every example the same answer."""
    metric = section.metric
    for scores in section.domains:
        sign = 1 if metric.higher_is_better else -1
        low = [
            f"{quoted(m.method)} {metric.score(m.summary.mean)}"
            for m in scores.methods
            if scores.constant is not None
            and m.summary.mean is not None
            and sign * m.summary.mean < sign * scores.constant
        ]
        if low:
            yield (
                f"On {scores.domain.remark}, {scores.domain.side}, mean scores lie below the "
                f"majority-class baseline ({metric.in_words(scores.constant)}): {', '.join(low)}. "
                "Always giving the same answer would do better."
            )


def _scope(section: SectionNumbers) -> str:
    if any(c.subsets for c in section.comparisons):
        return (
            "Intervals and tests of the differences count training subsets, not runs, since runs "
            "on one subset share its luck: they speak for other subsets drawn like these, with "
            "seeds like these and the same test examples."
        )
    if section.subsets > 1:
        return (
            f"The runs use {section.subsets} different training subsets, and the intervals count "
            "every run as independent; they are too narrow to speak for other subsets. From three "
            "subsets on, subsets are counted instead."
        )
    return (
        "All runs share the same training and test examples. The intervals cover chance in the "
        "seed, not the choice of examples; other examples could give other differences."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
