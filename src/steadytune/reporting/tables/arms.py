"""The settings that the methods do not share."""

from __future__ import annotations

from functools import partial

from ..._page.table import Column, Group, Table, row
from ..analysis.facts import field_label, value_text
from ..analysis.setting import Setting


def arm_table(setting: Setting) -> Table | None:
    """Each arm's own settings; None if the methods share them all."""
    named = any(run.method != run.spec.method for run in setting.records)
    fields = (*(["method"] if named else []), *setting.varied)
    if not fields:
        return None
    columns = tuple(
        Column(field_label(name), partial(_values, setting=setting, field=name)) for name in fields
    )
    return Table(
        title="What the methods do not share",
        first="Called here",
        columns=columns,
        groups=(Group("", tuple(row(m, columns, m, m) for m in setting.methods)),),
        notes=(
            "Chosen for each method on its own, or changed on purpose, as for a matched budget.",
        ),
        numeric=False,
    )


def _values(method: str, setting: Setting, field: str) -> str:
    specs = (record.spec.model_dump(include={field}) for record in setting.runs_of(method))
    return "; ".join(dict.fromkeys(value_text(spec.get(field)) for spec in specs))
