"""Which tables a section has: a field of `SectionTables` is the one place that names a table."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from ..._page.table import Table
from ..analysis.section_numbers import SectionNumbers
from .arms import arm_table
from .cost import cost_table
from .degenerate import degenerate_table
from .differences import difference_table
from .disagreement import disagreement_table
from .ensembles import ensemble_table
from .gap import gap_table
from .run_files import runs_table
from .scores import finished_table, score_table
from .significance import significance_table
from .spread import spread_table
from .stability import stability_table

_PAGE_ONLY = {"markdown": False}
"""Marks a table that supports the others: documents that quote the Markdown have room for few."""


@dataclass(frozen=True)
class SectionTables:
    """The tables of a section, None where it has nothing for one.

    The page shows all of them. The Markdown shows those that are not for the page alone, in this
    order.
    """

    scores: Table
    finished: Table | None = field(metadata=_PAGE_ONLY)
    gap: Table | None = field(metadata=_PAGE_ONLY)
    differences: Table | None
    significance: Table | None
    spread: Table | None
    ensembles: Table | None
    disagreement: Table | None = field(metadata=_PAGE_ONLY)
    degenerate: Table | None
    stability: Table | None
    cost: Table
    arms: Table | None = field(metadata=_PAGE_ONLY)
    runs: Table = field(metadata=_PAGE_ONLY)

    @property
    def in_markdown(self) -> tuple[Table, ...]:
        """Those that the Markdown shows."""
        shown = (f.name for f in fields(self) if f.metadata.get("markdown", True))
        return tuple(table for name in shown if (table := getattr(self, name)) is not None)


def section_tables(section: SectionNumbers) -> SectionTables:
    """The tables of a section."""
    return SectionTables(
        scores=score_table(section),
        finished=finished_table(section),
        gap=gap_table(section),
        differences=difference_table(section),
        significance=significance_table(section),
        spread=spread_table(section),
        ensembles=ensemble_table(section),
        disagreement=disagreement_table(section.disagreements),
        degenerate=degenerate_table(section),
        stability=stability_table(section),
        cost=cost_table(section),
        arms=arm_table(section),
        runs=runs_table(section),
    )
