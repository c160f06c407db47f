"""The examples that noise moves most, as tables."""

from __future__ import annotations

from ..._page.table import Column, Group, Table, row
from .. import MovedExample, most_moved
from .diagnosis import Diagnosis
from .measure import ModelDiagnosis

MOST_ROWS = 10
_LONGEST = 220


def example_tables(found: Diagnosis) -> tuple[Table, ...]:
    """A table for each model."""
    return tuple(_table(model, found) for model in found.models)


def _table(model: ModelDiagnosis, found: Diagnosis) -> Table:
    columns: tuple[Column[MovedExample], ...] = (
        Column("Top layer moved", lambda e: f"{100 * e.ratio:.1f} %"),
        Column("Times the median", lambda e: f"{e.times_typical:.2f}"),
        *_answers(model, found),
    )
    moved = most_moved(model.gaussian, top=MOST_ROWS)
    rows = (row(_shortened(found.texts[model.rows[e.index]]), columns, e) for e in moved)
    return Table(model.label, "Example", columns, (Group("", tuple(rows)),))


def _answers(model: ModelDiagnosis, found: Diagnosis) -> tuple[Column[MovedExample], ...]:
    """What becomes of the answers; nothing for a bare encoder, which gives none."""
    outputs, size = model.outputs, found.relative_noise
    if outputs is None:
        return ()
    values = outputs.kind == "values"
    at = f"{100 * size:g} %"
    changes = outputs.change[outputs.sizes.index(size)]

    def changed(example: MovedExample) -> str:
        share = float(changes[example.index])
        return f"{share:.3g}" if values else f"{100 * share:.0f} %"

    return (Column(f"Value moved at {at}" if values else f"Answer changed at {at}", changed),)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
