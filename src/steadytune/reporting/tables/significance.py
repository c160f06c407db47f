"""Two tests of the differences and the probability of improvement."""

from __future__ import annotations

from ..._page.table import Column, Table
from ..analysis.metric_display import interval_text, p_text, quoted, share_text
from ..analysis.section_numbers import Comparison, SectionNumbers
from .against_baseline import by_method, count_column


def significance_table(section: SectionNumbers) -> Table | None:
    """Uncorrected p-values and the probability of improvement; None without comparisons."""
    if not section.comparisons:
        return None
    columns: tuple[Column[Comparison], ...] = (
        count_column(section),
        Column("p, sign-flip", lambda c: p_text(c.difference.p_value)),
        Column("Smallest", lambda c: p_text(c.difference.smallest_p)),
        Column("p, Wilcoxon", lambda c: p_text(c.ranks.p_value)),
        Column("Smallest", lambda c: p_text(c.ranks.smallest_p)),
        Column("Improvement", lambda c: share_text(c.improvement.probability)),
        Column("95 % interval", lambda c: interval_text(c.improvement.interval, share_text)),
    )
    return Table(
        title=f"Tests of the differences to {quoted(section.baseline or '')}",
        first="Domain",
        columns=columns,
        groups=by_method(section, "minus", columns),
        notes=(
            "None of these p-values is corrected. Wilcoxon's signed-rank test weighs differences "
            "by rank, so that one run that failed cannot decide it. Smallest is the lowest p-value "
            "that each test could have reached here.",
            _improvement_note(section),
        ),
    )


def _improvement_note(section: SectionNumbers) -> str:
    pairs, unit = "pairs", "with one seed"
    if any(c.subsets for c in section.comparisons):
        pairs, unit = "training subsets", "on one subset, on average over its seeds"
    return (
        f"Improvement is the share of {pairs} in which the method scored higher, equal ones "
        f"counted as half: how likely it is to win {unit}. Its interval is the exact binomial one."
    )
