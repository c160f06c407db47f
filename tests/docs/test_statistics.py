"""The numbers on the pages of statistics and coverage are those of the package and benchmarks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from steadytune import stats
from steadytune.power.plan import PowerGoal, given_plan

ROOT = Path(__file__).parents[2]
TEXT = "".join(
    (ROOT / "docs" / name).read_text() for name in ("statistics.md", "evidence/coverage.md")
)
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
        key = (cell["shape"], f"{cell['ratio']:g}")
        rows.setdefault(key, []).append(f"{100 * cell['coverage']:.1f}, {cell['found']:.2f}")
    return [(*key, *cells) for key, cells in rows.items()]


def coverage_rows(table: str) -> list[tuple[str, ...]]:
    """The heading and a row for each shape: every interval's coverage at every number of pairs."""
    found: dict[str, dict[str, list[str]]] = {}
    for cell in results("interval_coverage"):
        if cell["table"] == table:
            text = "none" if cell["coverage"] is None else f"{100 * cell['coverage']:.1f}"
            found.setdefault(cell["shape"], {}).setdefault(cell["interval"], []).append(text)
    intervals = dict.fromkeys(name for cells in found.values() for name in cells)
    rows = [(shape, *map(", ".join, cells.values())) for shape, cells in found.items()]
    return [("drawn from", *intervals), *rows]


@pytest.mark.parametrize("table", ["mean", "spread", "improvement"])
def test_the_coverage_is_the_benchmarks(table: str) -> None:
    heading, *rows = coverage_rows(table)
    start = ROWS.index(heading)
    assert ROWS[start + 2 : start + 2 + len(rows)] == rows


def test_the_coverage_over_tasks_is_the_benchmarks() -> None:
    start = ROWS.index(("drawn from", "true ratio", "n = 5", "n = 10", "n = 20"))
    rows = pooled_rows()
    assert ROWS[start + 2 : start + 2 + len(rows)] == rows


def test_the_width_quoted_is_the_benchmarks() -> None:
    (width,) = (
        cell["median_width"]
        for cell in results("interval_coverage")
        if (cell["table"], cell["shape"]) == ("spread", "normal")
        and (cell["interval"], cell["count"]) == ("expanded percentile", 5)
    )
    assert f"its upper end is {width:.0f} times its lower end" in " ".join(TEXT.split())


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
