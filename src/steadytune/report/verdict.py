"""What the numbers say in words, and how sure that is.

A difference is called shown only when its interval leaves out zero and the sign-flip test, which
does not lean on a normal distribution, reaches 5 % after correction. Everything else is called a
hint, or not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .analysis import Comparison, MethodScores, Setting
from .metrics import MetricDisplay, capitalized, number, p_text, plural
from .tables import interval_text

FEW_SEEDS = 10
FEW_METHODS = 3
LEVEL = 0.05


@dataclass(frozen=True)
class Finding:
    """A claim in one short sentence, and the evidence for it."""

    claim: str
    evidence: str = ""


@dataclass(frozen=True)
class Verdict:
    """One finding per method that was compared, and what qualifies them all."""

    findings: tuple[Finding, ...]
    details: tuple[str, ...]


def verdict(setting: Setting) -> Verdict:
    """The verdict on one setting."""
    details = (
        _few_seeds(setting),
        *_spreads(setting),
        *_out_of_domain(setting),
        *_failures(setting),
        _scope(setting),
    )
    return Verdict(
        findings=tuple(_finding(c, setting.metric) for c in setting.primary)
        or (_nothing_to_compare(setting),),
        details=tuple(sentence for sentence in details if sentence),
    )


def _nothing_to_compare(setting: Setting) -> Finding:
    if len(setting.methods) == 1:
        return Finding(f"Only {setting.methods[0]} was run: there is nothing to compare it with.")
    return Finding("The baseline was not run here: there is nothing to compare the methods with.")


def _finding(comparison: Comparison, metric: MetricDisplay) -> Finding:
    found = comparison.difference
    method, baseline = comparison.method, comparison.baseline
    if found.mean is None:
        return Finding(f"{method} and {baseline} share no seed: their difference is unknown.")
    evidence = _evidence(comparison, metric)
    if found.count == 1:
        claim = f"One seed cannot tell whether {method} differs from {baseline}."
        return Finding(claim, f"{evidence}. The next seed may well say the opposite.")
    if found.interval is None or not found.interval.excludes(0):
        claim = f"No difference between {method} and {baseline} is shown."
        return Finding(claim, f"{evidence}. {_why_not(comparison)}")
    side = "higher" if found.mean > 0 else "lower"
    if comparison.adjusted_p is not None and comparison.adjusted_p <= LEVEL:
        claim = f"{method} scored {side} than {baseline}."
    else:
        claim = f"There is a hint that {method} scores {side} than {baseline}."
    return Finding(claim, f"{evidence}. {_how_sure(comparison)}")


def _evidence(comparison: Comparison, metric: MetricDisplay) -> str:
    found = comparison.difference
    subject = f"{capitalized(metric.name)} on {comparison.domain}"
    mean = metric.difference_in_words(found.mean)
    if found.count == 1:
        return f"{subject}: {mean} with the one seed that was run"
    text = f"{subject}: {mean} on average over {plural(found.count, 'seed')}"
    if found.interval is None:
        return text
    return f"{text}, 95 % interval {interval_text(found.interval, metric.difference)}"


def _why_not(comparison: Comparison) -> str:
    if comparison.difference.interval is None:
        return "The difference is the same with every seed, which leaves no spread to judge it by."
    return "The true difference may have either sign. That is no proof that there is none."


def _how_sure(comparison: Comparison) -> str:
    found = comparison.difference
    p_value, smallest = comparison.adjusted_p, found.smallest_p
    if p_value is not None and p_value <= LEVEL:
        return f"Chance in the seed alone hardly explains this (sign-flip test, p = {_p(p_value)})."
    if smallest is not None and smallest > LEVEL:
        return (
            "The interval leaves out zero, but it relies on a normal distribution; the sign-flip "
            f"test, which does not, cannot go below p = {_p(smallest)} with "
            f"{plural(found.count, 'seed')}."
        )
    return (
        f"The interval leaves out zero; the sign-flip test does not confirm it (p = {_p(p_value)})."
    )


def _p(value: float | None) -> str:
    return p_text(value).replace("<", "below ")


def _few_seeds(setting: Setting) -> str:
    counts = [c.difference.count for c in setting.comparisons]
    fewest = min(counts or [len(m.scores) for d in setting.domains for m in d.methods] or [0])
    if fewest >= FEW_SEEDS:
        return ""
    if fewest <= 1:
        return "Few seeds prove little, and one proves nothing: run more to see the spread."
    return (
        f"With {plural(fewest, 'seed')} this is a first look: few seeds prove little. Intervals "
        "are wide, and accidents that hit one run in ten are easily missed."
    )


def _spreads(setting: Setting) -> list[str]:
    """A sentence for each method while they are few, one for all of them otherwise."""
    known = [c for c in setting.primary if c.spread.interval]
    if len(known) <= FEW_METHODS:
        return [_spread(c, setting) for c in known]
    clear = sum(bool(c.spread.interval and c.spread.interval.excludes(1)) for c in known)
    return [
        f"Spread over seeds in domain: {clear} of {len(known)} ratios of standard deviations to "
        f"{setting.baseline} have a 95 % interval that leaves out 1; exploratory, not corrected."
    ]


def _spread(comparison: Comparison, setting: Setting) -> str:
    domain = next(d for d in setting.domains if d.in_domain)
    spreads = {m.method: m.summary.std for m in domain.methods}
    found, metric = comparison.spread, setting.metric
    ours, theirs = (metric.spread(spreads[m]) for m in (comparison.method, comparison.baseline))
    unit = f" {metric.difference_unit}" if metric.difference_unit else ""
    return (
        f"Spread over seeds (standard deviation): {ours}{unit} for {comparison.method}, {theirs} "
        f"for {comparison.baseline}. The ratio {number(found.ratio, 2)} has a 95 % interval of "
        f"{interval_text(found.interval, lambda v: number(v, 2))}: {_spread_reading(comparison)}."
    )


def _spread_reading(comparison: Comparison) -> str:
    interval, robust = comparison.spread.interval, comparison.spread.brown_forsythe_p
    assert interval is not None
    if not interval.excludes(1):
        return "no difference in stability shown"
    side = "less" if interval.high < 1 else "more"
    confirmed = robust is not None and robust <= LEVEL
    hint = "" if confirmed else ", a hint that the robust test does not confirm"
    return f"{comparison.method} varied {side} over seeds{hint}"


def _out_of_domain(setting: Setting) -> list[str]:
    """A sentence for each method while they are few, one for all of them otherwise."""
    known = [c for c in setting.comparisons if not c.in_domain and c.difference.mean is not None]
    methods = list(dict.fromkeys(c.method for c in known))
    if len(methods) > FEW_METHODS:
        return [f"Out of domain, {_clear(known)}"]
    return [_transfer([c for c in known if c.method == m], setting.metric) for m in methods]


def _transfer(comparisons: Sequence[Comparison], metric: MetricDisplay) -> str:
    first = comparisons[0]
    listed = ", ".join(
        f"{c.domain} {metric.difference_in_words(c.difference.mean)}" for c in comparisons[:12]
    )
    text = f"Out of domain, {first.method} minus {first.baseline}: {listed}"
    single = all(c.difference.count == 1 for c in comparisons)
    return f"{text}, from one seed." if single else f"{text}. {capitalized(_clear(comparisons))}"


def _clear(comparisons: Sequence[Comparison]) -> str:
    intervals = [i for c in comparisons if (i := c.difference.interval)]
    clear = sum(interval.excludes(0) for interval in intervals)
    found = (
        f"intervals that leave out zero: {clear} of {len(intervals)}"
        if intervals
        else "no interval can be given"
    )
    return f"{found}; these comparisons are exploratory and not corrected for their number."


def _failures(setting: Setting) -> list[str]:
    domain = next(d for d in setting.domains if d.in_domain)
    hit = [m for m in domain.methods if m.degenerate.count or m.stand_ins]
    if hit and all(m.degenerate.count == m.degenerate.total for m in domain.methods):
        return ["Every run ended degenerate: nothing was learned, so the differences mean nothing."]
    if len(hit) > FEW_METHODS:
        listed = ", ".join(f"{m.method} {m.degenerate.count} of {m.degenerate.total}" for m in hit)
        return [f"Degenerate runs, with those that diverged or crashed: {listed}."]
    if hit:
        return [_accidents(method) for method in hit]
    fewest = min(domain.methods, key=lambda m: m.degenerate.total, default=None)
    if fewest is None or fewest.degenerate.high is None:
        return []
    return [
        f"No run was degenerate; with {plural(fewest.degenerate.total, 'run')} a method could "
        f"still fail in up to {_percent(fewest.degenerate.high)} of runs (95 % interval)."
    ]


def _accidents(method: MethodScores) -> str:
    found = method.degenerate
    stood_in = len(method.stand_ins)
    because = f", {stood_in} of them because training diverged or crashed" if stood_in else ""
    low, high = found.low or 0.0, found.high or 1.0
    return (
        f"{found.count} of {plural(found.total, 'run')} of {method.method} ended degenerate"
        f"{because} (95 % interval of the rate: {_percent(low)} to {_percent(high)})."
    )


def _scope(setting: Setting) -> str:
    subsets = {r.spec.subset_seed for r in setting.records}
    if len(subsets) > 1:
        return (
            f"The runs use {len(subsets)} different training subsets, and the intervals count "
            "every run as independent; they are too narrow to speak for other subsets."
        )
    return (
        "All runs share the same training and test examples. The intervals cover chance in the "
        "seed, not the choice of examples; other examples could give other differences."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
