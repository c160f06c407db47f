"""Whether noise still reaches the top layer of degenerate runs: did they lose their input?"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from ...records.schema import Record
from ..analysis.metric_display import NOT_AVAILABLE, number
from ..analysis.scoring import degenerate
from ..analysis.setting import Setting
from ..analysis.stability import sensitivity, sensitivity_before
from .table import Group, Row, Table

DIES_OUT = 0.25
"""Below this share of what it was before fine-tuning, noise is said to die out on its way up."""


def degenerate_table(setting: Setting) -> Table | None:
    """One row a method with degenerate runs that left a profile; None where there is none."""
    rows = [row for method in setting.methods if (row := _row(method, setting.runs_of(method)))]
    if not rows:
        return None
    return Table(
        title="Degenerate runs: does noise still reach the top layer?",
        first="Method",
        columns=("Degenerate", "Noise dies out", "Before", "After", "Others", "Dies out there"),
        groups=(Group("", tuple(rows)),),
        notes=(
            "By how much of its length noise at the lowest layer moves the top layer: before "
            "fine-tuning, after it in the degenerate runs, and in the others; means.",
            f"Noise dies out: after training it moves less than {100 * DIES_OUT:.0f} % as far as "
            "before, a convention. Where that happens to degenerate runs and not to others, the "
            "layers may have lost their input with the noise: steadytune diagnose measures how far "
            "examples still lie apart. Where it happens to runs that learned too, it says little. "
            "Runs that diverged or crashed left no model to measure.",
        ),
    )


def _row(method: str, runs: Sequence[Record]) -> Row | None:
    ended = [run for run in runs if degenerate(run)]
    others = [run for run in runs if degenerate(run) is False]
    moved = _before_and_after(ended)
    if not moved:
        return None
    elsewhere = _before_and_after(others)
    cells = (
        f"{len(ended)} of {len(ended) + len(others)}",
        _dies_out(moved),
        _mean_percent([before for before, _ in moved]),
        _mean_percent([after for _, after in moved]),
        _mean_percent([after for _, after in elsewhere]),
        _dies_out(elsewhere),
    )
    return Row(method, cells, method)


def _dies_out(moved: Sequence[tuple[float, float]]) -> str:
    count = sum(after < DIES_OUT * before for before, after in moved)
    return f"{count} of {len(moved)}"


def _before_and_after(runs: Sequence[Record]) -> list[tuple[float, float]]:
    found = ((sensitivity_before(run), sensitivity(run)) for run in runs)
    return [(before, after) for before, after in found if before is not None and after is not None]


def _mean_percent(values: Sequence[float]) -> str:
    return f"{number(fmean(values), 2)} %" if values else NOT_AVAILABLE
