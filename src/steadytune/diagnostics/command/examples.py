"""The examples that noise moves most, as a table."""

from __future__ import annotations

from dataclasses import dataclass

from .. import most_moved
from .diagnosis import Diagnosis
from .measure import ModelDiagnosis

MOST_ROWS = 10
_LONGEST = 220


@dataclass(frozen=True)
class ExampleRow:
    """One example: its text, how far its top layer moved, and how often its answer changed."""

    text: str
    moved: str
    times_typical: str
    changed: str


@dataclass(frozen=True)
class ExampleTable:
    """The examples that noise moves most in one model; `changed` heads the last column."""

    label: str
    changed: str
    rows: tuple[ExampleRow, ...]


def example_tables(found: Diagnosis) -> tuple[ExampleTable, ...]:
    """A table for each model."""
    return tuple(_table(model, found) for model in found.models)


def _table(model: ModelDiagnosis, found: Diagnosis) -> ExampleTable:
    size = f"{100 * found.relative_noise:g} %"
    heading = ""
    if model.outputs is not None:
        values = model.outputs.kind == "values"
        heading = f"Value moved at {size}" if values else f"Answer changed at {size}"
    rows = tuple(
        ExampleRow(
            _shortened(found.texts[model.rows[example.index]]),
            f"{100 * example.ratio:.1f} %",
            f"{example.times_typical:.2f}",
            _changed(model, example.index, found.relative_noise),
        )
        for example in most_moved(model.gaussian, top=MOST_ROWS)
    )
    return ExampleTable(model.label, heading, rows)


def _changed(model: ModelDiagnosis, index: int, size: float) -> str:
    if model.outputs is None:
        return ""
    share = float(model.outputs.change[model.outputs.sizes.index(size), index])
    return f"{share:.3g}" if model.outputs.kind == "values" else f"{100 * share:.0f} %"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
