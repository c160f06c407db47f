"""What the tables of comparisons share: one group a method, one row a domain."""

from __future__ import annotations

from ..._page.table import Column, Group, row
from ..analysis.setting import Comparison, Setting


def by_method(
    setting: Setting, relation: str, columns: tuple[Column[Comparison], ...]
) -> tuple[Group, ...]:
    """The comparisons of each method with the baseline; `relation` stands between the two."""
    others = [m for m in setting.methods if m != setting.baseline]
    return tuple(
        Group(
            f"{method} {relation} {setting.baseline}",
            tuple(
                row(_domain_label(c), columns, c, method)
                for c in setting.comparisons
                if c.method == method
            ),
        )
        for method in others
    )


def _domain_label(comparison: Comparison) -> str:
    domain = comparison.domain
    return f"{domain.name}, {domain.place}" if domain.in_domain else domain.remark


def count_column(setting: Setting) -> Column[Comparison]:
    """How many differences interval and tests rest on."""
    subsets = any(c.subsets for c in setting.comparisons)
    return Column("Subsets" if subsets else "Pairs", lambda c: str(c.difference.count))
