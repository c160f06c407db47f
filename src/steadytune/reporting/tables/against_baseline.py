"""What the tables of comparisons share: one group a method, one row a domain."""

from __future__ import annotations

from ..._page.table import Column, Group, row
from ..analysis.section_numbers import Comparison, SectionNumbers


def by_method(
    section: SectionNumbers, relation: str, columns: tuple[Column[Comparison], ...]
) -> tuple[Group, ...]:
    """The comparisons of each method with the baseline; `relation` stands between the two."""
    others = [m for m in section.methods if m != section.baseline]
    return tuple(
        Group(
            f"{method} {relation} {section.baseline}",
            tuple(
                row(_domain_label(c), columns, c, method)
                for c in section.comparisons
                if c.method == method
            ),
        )
        for method in others
    )


def _domain_label(comparison: Comparison) -> str:
    domain = comparison.domain
    return f"{domain.name}, {domain.place}" if domain.in_domain else domain.remark


def count_column(section: SectionNumbers) -> Column[Comparison]:
    """How many differences interval and tests rest on."""
    subsets = any(c.subsets for c in section.comparisons)
    return Column("Subsets" if subsets else "Pairs", lambda c: str(c.difference.count))
