"""Standard deviations over seeds against the baseline's."""

from __future__ import annotations

from ..._page.table import Column, Table
from ..analysis.metric_display import interval_text, p_text, quoted, ratio_text
from ..analysis.section_numbers import Comparison, SectionNumbers
from .against_baseline import by_method


def spread_table(section: SectionNumbers) -> Table | None:
    """Ratios of standard deviations; None when there is nothing to compare."""
    if not section.comparisons:
        return None
    columns: tuple[Column[Comparison], ...] = (
        Column("Pairs", lambda c: str(c.spread.count)),
        Column("Ratio of std", lambda c: ratio_text(c.spread.ratio)),
        Column("Bootstrap", lambda c: interval_text(c.spread_bootstrap.interval, ratio_text)),
        Column("Normal", lambda c: interval_text(c.spread.interval, ratio_text)),
        Column("p, paired", lambda c: p_text(c.spread.pitman_morgan_p)),
        Column("p, robust", lambda c: p_text(c.spread.brown_forsythe_p)),
    )
    return Table(
        title=f"Spread over seeds relative to {quoted(section.baseline or '')}",
        first="Domain",
        columns=columns,
        groups=by_method(section, "over", columns),
        notes=(
            *_clustered(section),
            "A ratio below 1 means that the method varies less over seeds. Two 95 % intervals: the "
            "bootstrap resamples pairs and assumes no distribution; the other one and the paired p "
            "come from the Pitman-Morgan test, which assumes normal scores and misleads where runs "
            "fail. The robust p is that of the Brown-Forsythe test, which ignores the pairing.",
            "Spread needs many seeds: detecting a ratio of 0.7 with a chance of 80 % takes about "
            "65 pairs. All of these comparisons are exploratory.",
        ),
    )


def _clustered(section: SectionNumbers) -> tuple[str, ...]:
    if section.subsets < 2:
        return ()
    return (
        f"The runs use {section.subsets} training subsets. Intervals and tests of spread treat "
        "every run as independent. Runs on one subset are not, so they claim too much.",
    )
