"""Scores on the training examples beside those on test examples."""

from __future__ import annotations

from ..._page.table import Column, Group, Table, row
from ...stats import TrainTestGap
from ..analysis.metric_display import interval_text
from ..analysis.section_numbers import SectionNumbers


def gap_table(section: SectionNumbers) -> Table | None:
    """Training scores, test scores and their gap; None without training scores."""
    found = {method: gap for method, gap in section.gaps.items() if gap.gaps}
    if not found:
        return None
    metric = section.metric
    columns: tuple[Column[TrainTestGap], ...] = (
        Column("Runs", lambda g: str(g.gap.count)),
        Column("Training", lambda g: metric.score(g.train.mean)),
        Column("Test", lambda g: metric.score(g.test.mean)),
        Column("Gap", lambda g: metric.difference(g.gap.mean)),
        Column("95 % interval", lambda g: interval_text(g.interval, metric.difference)),
        Column("Std of gap", lambda g: metric.spread(g.gap.std)),
    )
    return Table(
        title=f"Training examples against test examples: {metric.heading}",
        first="Method",
        columns=columns,
        groups=(Group("", tuple(row(m, columns, gap, m) for m, gap in found.items())),),
        notes=(
            "The gap is the score on the training examples minus the score in domain, run by run; "
            "a large one means that the run learned its examples by heart. Finished runs alone.",
        ),
    )
