"""The fields of the recipe that the methods do not share."""

from __future__ import annotations

from functools import partial

from ..._page.table import Column, Group, Table, row
from ..analysis.facts import field_label, value_text
from ..analysis.section_numbers import SectionNumbers


def arm_table(section: SectionNumbers) -> Table | None:
    """Each arm's own recipe; None if the methods share them all."""
    named = any(run.method != run.spec.method for run in section.records)
    fields = (*(["method"] if named else []), *section.varied)
    if not fields:
        return None
    columns = tuple(
        Column(field_label(name), partial(_values, section=section, field=name)) for name in fields
    )
    return Table(
        title="What the methods do not share",
        first="Called here",
        columns=columns,
        groups=(Group("", tuple(row(m, columns, m, m) for m in section.methods)),),
        notes=(
            "Chosen for each method on its own, or changed on purpose, as for a matched budget.",
        ),
        numeric=False,
    )


def _values(method: str, section: SectionNumbers, field: str) -> str:
    specs = (record.spec.fields for record in section.runs_of(method))
    return "; ".join(dict.fromkeys(value_text(spec.get(field)) for spec in specs))
