"""Noise sensitivity against score in numbers: by method, pooled, and over settings in words."""

from __future__ import annotations

from collections.abc import Sequence

from ..._counted import counted
from ...stats import Correlation
from ..analysis.metric_display import NOT_AVAILABLE, number, signed
from ..analysis.setting import Setting
from ..analysis.stability import Pooled, Stability, stability, stability_over
from .table import Group, Row, Table, interval_text

ALL = "inside methods, pooled"


def stability_table(setting: Setting) -> Table | None:
    """Spearman's correlation by method; None where no method has four runs with a profile."""
    data = stability(setting)
    if data is None:
        return None
    both = data.within.degenerate > 0
    rows = [_row(m.method, m.moved, m.every, m.learned, both, m.method) for m in data.methods]
    pooled = _row(ALL, None, data.within.every, data.within.learned, both, None)
    columns = ("Moved by", "Runs", "Spearman", "95 % interval")
    more = ("Not degenerate", "Spearman ", "95 % interval ") if both else ()
    return Table(
        title="Noise sensitivity against the score in domain, inside each method",
        first="Method",
        columns=(*columns, *more),
        groups=(Group("", (*rows, pooled)),),
        notes=tuple(_notes(data, both)),
    )


def _row(
    label: str,
    moved: float | None,
    every: Correlation,
    learned: Correlation,
    both: bool,
    method: str | None,
) -> Row:
    more = _cells(learned) if both else ()
    size = "" if moved is None else f"{number(moved, 2)} %"
    return Row(label, (size, *_cells(every), *more), method)


def _cells(found: Correlation) -> tuple[str, str, str]:
    return str(found.count), signed(found.value, 2), interval_text(found.interval, _signed)


def _signed(value: float | None) -> str:
    return signed(value, 2)


def _notes(data: Stability, both: bool) -> Sequence[str]:
    better = "higher" if data.higher_is_better else "lower, which here is worse"
    notes = [
        f"Moved by: how far noise at layer {data.layer} moves the top layer after fine-tuning, "
        "relative to that layer's length, mean over runs.",
        f"Below zero, runs that noise moves less scored {better}. Methods are never mixed: one "
        "that lowers the sensitivity itself would decide the correlation. Pooling takes the "
        "methods for independent, though they share their seeds. Exploratory, not corrected.",
        "Runs that diverged or crashed left no model to measure.",
    ]
    if both:
        notes.append(
            "Degenerate runs may lie far off on either axis and so decide a correlation: the "
            "second one is without them."
        )
    return notes


def stability_sentence(settings: Sequence[Setting]) -> str:
    """One line over all settings; empty where there is nothing to correlate."""
    found = stability_over(settings)
    if found is None or found.every.value is None:
        return ""
    return f"{_opening(found)} {_without(found)}Exploratory."


def _opening(found: Pooled) -> str:
    every = found.every
    return (
        "Do models that noise moves less score higher? Spearman's correlation between noise "
        f"sensitivity and score in domain, inside {counted(every.groups, 'group')} of runs with "
        f"one method in one setting, pooled over {counted(every.count, 'run')}: {_reading(every)}."
    )


def _without(found: Pooled) -> str:
    if not found.degenerate:
        return ""
    runs = counted(found.degenerate, "degenerate run")
    return f"Without {runs}: {_reading(found.learned)}. "


def _reading(found: Correlation) -> str:
    """The number, its interval, and what that allows to say."""
    if found.value is None or found.interval is None:
        return NOT_AVAILABLE
    says = "no relation shown"
    if found.interval.excludes(0):
        side = "higher" if found.value < 0 else "lower"
        says = f"runs that noise moves less scored {side}"
    interval = interval_text(found.interval, _signed)
    return f"{number(found.value, 2)}, 95 % interval {interval}, {says}"
