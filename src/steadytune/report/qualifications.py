"""What qualifies a verdict: few seeds, spread, transfer, failures, and what the runs share."""

from __future__ import annotations

from collections.abc import Sequence

from ..stats import Interval
from .facts import field_label
from .metrics import MetricDisplay, capitalized, number, plural
from .setting import Comparison, MethodScores, Setting
from .table import interval_text

FEW_SEEDS = 10
FEW_METHODS = 3
LEVEL = 0.05


def qualifications(setting: Setting) -> tuple[str, ...]:
    """Sentences that belong to every finding of a setting."""
    sentences = (
        _few_seeds(setting),
        _own_settings(setting),
        *_spreads(setting),
        *_out_of_domain(setting),
        *_failures(setting),
        _scope(setting),
    )
    return tuple(sentence for sentence in sentences if sentence)


def _few_seeds(setting: Setting) -> str:
    counts = [len(c.by_run) for c in setting.comparisons]
    fewest = min(counts or [len(m.scores) for d in setting.domains for m in d.methods] or [0])
    if fewest >= FEW_SEEDS:
        return ""
    if fewest <= 1:
        return "Few seeds prove little, and one proves nothing: run more to see the spread."
    return (
        f"With {plural(fewest, 'seed')} this is a first look: few seeds prove little. Intervals "
        "are wide, and accidents that hit one run in ten are easily missed."
    )


def _own_settings(setting: Setting) -> str:
    if not setting.varied:
        return ""
    names = ", ".join(field_label(name).lower() for name in setting.varied)
    return (
        f"The methods do not share all settings ({names}): a difference is that of method and "
        "settings together."
    )


def _spreads(setting: Setting) -> list[str]:
    """A sentence for each method while they are few, one for all of them otherwise."""
    known = [c for c in setting.primary if _spread_interval(c)]
    if len(known) <= FEW_METHODS:
        return [_spread(c, setting) for c in known]
    clear = sum(bool((found := _spread_interval(c)) and found.excludes(1)) for c in known)
    return [
        f"Spread over seeds in domain: {clear} of {len(known)} ratios of standard deviations to "
        f"{setting.baseline} have a 95 % bootstrap interval that leaves out 1; exploratory, not "
        "corrected."
    ]


def _spread_interval(comparison: Comparison) -> Interval | None:
    return comparison.spread_bootstrap.interval


def _spread(comparison: Comparison, setting: Setting) -> str:
    spreads = {m.method: m.summary.std for m in setting.in_domain.methods}
    metric = setting.metric
    ours, theirs = (metric.spread(spreads[m]) for m in (comparison.method, comparison.baseline))
    unit = f" {metric.difference_unit}" if metric.difference_unit else ""
    interval = interval_text(_spread_interval(comparison), lambda v: number(v, 2))
    return (
        f"Spread over seeds (standard deviation): {ours}{unit} for {comparison.method}, {theirs} "
        f"for {comparison.baseline}. The ratio {number(comparison.spread.ratio, 2)} has a 95 % "
        f"bootstrap interval of {interval}: {_spread_reading(comparison)}."
    )


def _spread_reading(comparison: Comparison) -> str:
    interval, robust = _spread_interval(comparison), comparison.spread.brown_forsythe_p
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
        f"{c.domain.remark} {metric.difference_in_words(c.difference.mean)}"
        for c in comparisons[:12]
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
    domain = setting.in_domain
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
    if any(c.subsets for c in setting.comparisons):
        return (
            "Intervals and tests of the differences count training subsets, not runs, since runs "
            "on one subset share its luck: they speak for other subsets drawn like these, with "
            "seeds like these and the same test examples."
        )
    if setting.subsets > 1:
        return (
            f"The runs use {setting.subsets} different training subsets, and the intervals count "
            "every run as independent; they are too narrow to speak for other subsets. From three "
            "subsets on, subsets are counted instead."
        )
    return (
        "All runs share the same training and test examples. The intervals cover chance in the "
        "seed, not the choice of examples; other examples could give other differences."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
