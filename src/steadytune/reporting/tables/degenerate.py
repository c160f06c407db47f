"""Whether noise still reaches the top layer of degenerate runs: did they lose their input?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ..._page.table import Column, Group, Table, row
from ..analysis.metric_display import NOT_AVAILABLE, number
from ..analysis.scoring import degenerate
from ..analysis.section_numbers import SectionNumbers
from ..analysis.stability import sensitivity, sensitivity_before
from ..reading.run import Run

DIES_OUT = 0.25
"""Below this share of what it was before fine-tuning, noise is said to die out on its way up."""

Moved = list[tuple[float, float]]


@dataclass(frozen=True)
class _Ended:
    """A method's runs, and how far noise moved their top layers before and after fine-tuning."""

    method: str
    count: int
    total: int
    degenerate: Moved
    others: Moved


def degenerate_table(section: SectionNumbers) -> Table | None:
    """One row a method with degenerate runs that left a profile; None where there is none."""
    ended = [_ended(method, section.runs_of(method)) for method in section.methods]
    shown = [found for found in ended if found.degenerate]
    if not shown:
        return None
    return Table(
        title="Runs that did not learn: does noise still reach the top layer?",
        first="Method",
        columns=_COLUMNS,
        groups=(Group("", tuple(row(e.method, _COLUMNS, e, e.method) for e in shown)),),
        notes=(
            "How far noise at the lowest layer moves the top layer, relative to its length: before "
            "fine-tuning, after it in runs that did not learn, and after it in the others (means).",
            "Noise dies out: after training it moves the top layer less than "
            f"{100 * DIES_OUT:.0f} % as far as before (a convention). If only runs that did not "
            "learn do this, the layers may have lost their input with the noise: steadytune "
            "diagnose measures how far examples still lie apart. If runs that learned do it too, "
            "it says little. Runs that diverged or crashed left no model to measure.",
        ),
    )


def _ended(method: str, runs: Sequence[Run]) -> _Ended:
    ended = [run for run in runs if degenerate(run)]
    others = [run for run in runs if degenerate(run) is False]
    total = len(ended) + len(others)
    return _Ended(method, len(ended), total, _moved(ended), _moved(others))


def _moved(runs: Sequence[Run]) -> Moved:
    found = ((sensitivity_before(run), sensitivity(run)) for run in runs)
    return [(before, after) for before, after in found if before is not None and after is not None]


def _dies_out(moved: Moved) -> str:
    count = sum(after < DIES_OUT * before for before, after in moved)
    return f"{count} of {len(moved)}"


def _mean_percent(moved: Moved, side: int) -> str:
    return f"{number(fmean(pair[side] for pair in moved), 2)} %" if moved else NOT_AVAILABLE


_COLUMNS: tuple[Column[_Ended], ...] = (
    Column("Did not learn", lambda e: f"{e.count} of {e.total}"),
    Column("Noise dies out", lambda e: _dies_out(e.degenerate)),
    Column("Before", lambda e: _mean_percent(e.degenerate, 0)),
    Column("After", lambda e: _mean_percent(e.degenerate, 1)),
    Column("Others", lambda e: _mean_percent(e.others, 1)),
    Column("Dies out there", lambda e: _dies_out(e.others)),
)
