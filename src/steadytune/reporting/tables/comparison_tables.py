"""Tables of every method against the baseline."""

from __future__ import annotations

from collections.abc import Callable

from ..analysis.metric_display import MetricDisplay, number, p_text, share_text
from ..analysis.setting import Comparison, Setting
from .table import Group, Row, Table, interval_text


def difference_table(setting: Setting) -> Table | None:
    """Paired differences to the baseline; None when there is nothing to compare."""
    if not setting.comparisons:
        return None
    unit = setting.metric.difference_unit or "metric's own units"
    return Table(
        title=f"Paired differences to {setting.baseline}: {setting.metric.name} in {unit}",
        first="Domain",
        columns=(_unit(setting), "Mean", "95 % interval", "Higher", "p", "Smallest p"),
        groups=_by_method(setting, "minus", lambda c: _difference_row(c, setting.metric)),
        notes=_difference_notes(setting),
    )


def _unit(setting: Setting) -> str:
    return "Subsets" if any(c.subsets for c in setting.comparisons) else "Pairs"


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
        f"difference is taken pair by pair. {_interval_note(setting)}",
        "p is the two-sided p-value of the sign-flip test, smallest p the lowest that this number "
        "could reach before any correction. In domain it is the primary comparison"
        + (", corrected by Holm for all of them on this page" if _is_corrected(setting) else "")
        + "; out of domain it is exploratory and not corrected.",
    )


def _is_corrected(setting: Setting) -> bool:
    """A lone comparison is corrected too where the page has other settings."""
    primary = setting.primary
    return len(primary) > 1 or any(c.adjusted_p != c.difference.p_value for c in primary)


def _interval_note(setting: Setting) -> str:
    if any(c.subsets for c in setting.comparisons):
        return (
            "The differences of one training subset are averaged over its seeds, and interval and "
            "tests count subsets: Student's t over their means. They speak for other subsets drawn "
            "like these, with seeds like these."
        )
    return "The interval is Student's t over these differences."


def significance_table(setting: Setting) -> Table | None:
    """Two tests of the differences and the probability of improvement; None without comparisons."""
    if not setting.comparisons:
        return None
    return Table(
        title=f"Tests of the differences to {setting.baseline}",
        first="Domain",
        columns=(
            _unit(setting),
            "p, sign-flip",
            "Smallest",
            "p, Wilcoxon",
            "Smallest ",
            "Improvement",
            "95 % interval",
        ),
        groups=_by_method(setting, "minus", _significance_row),
        notes=(
            "None of these p-values is corrected. Wilcoxon's signed-rank test weighs differences "
            "by rank, so that one run that failed cannot decide it. Smallest is the lowest p-value "
            "that each test could have reached here.",
            _improvement_note(setting),
        ),
    )


def _improvement_note(setting: Setting) -> str:
    pairs, unit = "pairs", "with one seed"
    if any(c.subsets for c in setting.comparisons):
        pairs, unit = "training subsets", "on one subset, on average over its seeds"
    return (
        f"Improvement is the share of {pairs} in which the method scored higher, equal ones "
        f"counted by half: how likely it is to win {unit}. Its interval is the exact binomial one."
    )


def _significance_row(comparison: Comparison) -> Row:
    found, ranks, improvement = comparison.difference, comparison.ranks, comparison.improvement
    cells = (
        str(found.count),
        p_text(found.p_value),
        p_text(found.smallest_p),
        p_text(ranks.p_value),
        p_text(ranks.smallest_p),
        share_text(improvement.probability),
        interval_text(improvement.interval, share_text),
    )
    return Row(_domain_label(comparison), cells, comparison.method)


def spread_table(setting: Setting) -> Table | None:
    """Standard deviations against the baseline's; None when there is nothing to compare."""
    if not setting.comparisons:
        return None
    return Table(
        title=f"Spread over seeds relative to {setting.baseline}",
        first="Domain",
        columns=("Pairs", "Ratio of std", "Bootstrap", "Normal", "p, paired", "p, robust"),
        groups=_by_method(setting, "over", _spread_row),
        notes=(
            *_clustered(setting),
            "A ratio below 1 means that the method varies less over seeds. Two 95 % intervals: the "
            "bootstrap resamples pairs and assumes no shape; the other one and the paired p come "
            "from the Pitman-Morgan test, which assumes normal scores and misleads where some runs "
            "fail. The robust p is that of the Brown-Forsythe test, which ignores the pairing.",
            "Spread needs many seeds: to detect a ratio of 0.7 in four of five studies takes about "
            "65 pairs. All of these comparisons are exploratory.",
        ),
    )


def _clustered(setting: Setting) -> tuple[str, ...]:
    if setting.subsets < 2:
        return ()
    return (
        f"The runs use {setting.subsets} training subsets. Intervals and tests of spread count "
        "every run as independent, which runs on one subset are not: they claim too much.",
    )


def _spread_row(comparison: Comparison) -> Row:
    found = comparison.spread
    cells = (
        str(found.count),
        number(found.ratio, 2),
        interval_text(comparison.spread_bootstrap.interval, _ratio),
        interval_text(found.interval, _ratio),
        p_text(found.pitman_morgan_p),
        p_text(found.brown_forsythe_p),
    )
    return Row(_domain_label(comparison), cells, comparison.method)


def _ratio(value: float | None) -> str:
    return number(value, 2)


def _domain_label(comparison: Comparison) -> str:
    domain = comparison.domain
    return f"{domain.name}, {domain.place}" if domain.in_domain else domain.remark


def _by_method(
    setting: Setting, relation: str, make: Callable[[Comparison], Row]
) -> tuple[Group, ...]:
    others = [m for m in setting.methods if m != setting.baseline]
    rows = {m: tuple(make(c) for c in setting.comparisons if c.method == m) for m in others}
    return tuple(Group(f"{m} {relation} {setting.baseline}", rows[m]) for m in others)
