"""Whether degenerate runs still carry their input: did the layers collapse, or was it not used?"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from .metrics import NOT_AVAILABLE, number
from .schema import Record
from .scoring import degenerate
from .setting import Setting
from .stability_data import sensitivity, sensitivity_before
from .table import Group, Row, Table

FORGOTTEN = 0.25
"""Below this share of what it was before fine-tuning, noise is said to have no way up any more."""


def degenerate_table(setting: Setting) -> Table | None:
    """One row a method with degenerate runs that left a profile; None where there is none."""
    rows = [row for method in setting.methods if (row := _row(method, setting.runs_of(method)))]
    if not rows:
        return None
    return Table(
        title="Degenerate runs: does the input still reach the top layer?",
        first="Method",
        columns=("Degenerate", "Lost the input", "Before", "These runs", "The others"),
        groups=(Group("", tuple(rows)),),
        notes=(
            "By how much of its length noise at the lowest layer moves the top layer: before "
            "fine-tuning, after it in the degenerate runs, and in the others; means.",
            f"Lost the input: after training it moves less than {100 * FORGOTTEN:.0f} % as far as "
            "before. The top layer is then much the same whatever comes in, so that no head can "
            "tell examples apart. The other degenerate runs did not learn to use what is still "
            "there. The limit is a convention; runs that diverged or crashed left no model to "
            "measure.",
        ),
    )


def _row(method: str, runs: Sequence[Record]) -> Row | None:
    ended = [run for run in runs if degenerate(run)]
    others = [run for run in runs if degenerate(run) is False]
    moved = _before_and_after(ended)
    if not moved:
        return None
    lost = sum(after < FORGOTTEN * before for before, after in moved)
    cells = (
        f"{len(ended)} of {len(ended) + len(others)}",
        f"{lost} of {len(moved)}",
        _mean_percent([before for before, _ in moved]),
        _mean_percent([after for _, after in moved]),
        _mean_percent([after for _, after in _before_and_after(others)]),
    )
    return Row(method, cells, method)


def _before_and_after(runs: Sequence[Record]) -> list[tuple[float, float]]:
    found = ((sensitivity_before(run), sensitivity(run)) for run in runs)
    return [(before, after) for before, after in found if before is not None and after is not None]


def _mean_percent(values: Sequence[float]) -> str:
    return f"{number(fmean(values), 2)} %" if values else NOT_AVAILABLE
