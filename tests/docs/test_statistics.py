"""The numbers in docs/statistics.md are those that the package and the benchmark give."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from steadytune import stats
from steadytune.power.plan import PowerGoal, given_plan

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "statistics.md").read_text()
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in TEXT.splitlines()
    if line.startswith("|")
]


def results(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (ROOT / "benchmarks" / "results" / f"{name}.json").read_text()
    )
    return found


def pooled_rows() -> list[tuple[str, ...]]:
    rows: dict[tuple[str, str], list[str]] = {}
    for cell in results("pooled_spread_coverage"):
        coverage = f"{100 * cell['coverage']:.1f} ({cell['median_width']:.3g})"
        key = (cell["shape"], f"{cell['ratio']:g}")
        rows.setdefault(key, []).append(f"{coverage}, {cell['found']:.2f}")
    return [(*key, *cells) for key, cells in rows.items()]


def coverage_rows() -> list[tuple[str, ...]]:
    found = results("interval_coverage")
    rows: dict[tuple[str, str, str], list[str]] = {}
    for cell in found:
        text = "none"
        if cell["coverage"] is not None:
            text = f"{100 * cell['coverage']:.1f} ({cell['median_width']:.3g})"
        key = (cell["table"], cell["shape"], cell["interval"])
        rows.setdefault(key, []).append(text)
    return [(shape, interval, *cells) for (_, shape, interval), cells in rows.items()]


def test_the_coverage_is_the_benchmarks() -> None:
    published = [row for row in ROWS if len(row) == 5 and row[0] not in ("drawn from", "---")]
    assert published == [*coverage_rows(), *pooled_rows()]


@pytest.mark.parametrize("row", [row for row in ROWS if re.match(r"a (difference|ratio)", row[0])])
def test_the_seeds_needed_are_those_of_the_command(row: tuple[str, ...]) -> None:
    (value,) = map(float, re.findall(r"[\d.]+", row[0]))
    goal = PowerGoal(difference=value) if "difference" in row[0] else PowerGoal(ratio=value)
    for correlation, cell in zip((0.0, 0.5), row[1:], strict=True):
        plan = given_plan(goal, 1.0, correlation, [])
        assert cell == "{}, {}".format(*(plan.mean_needed or plan.spread_needed))


def test_the_functions_named_exist() -> None:
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", TEXT)) | {"holm"}
    assert named <= set(stats.__all__)
