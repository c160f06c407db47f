"""The front page is short, and its numbers are those of the committed report of the main study."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = " ".join((ROOT / "README.md").read_text().split())
REPORT = (ROOT / "docs" / "evidence" / "main" / "report.md").read_text()
_IN_DOMAIN = REPORT.split("\n## Over tasks\n")[1]
_ROW = r"^\| (\w+) \| 10 \| ([+-][\d.]+) \| ([+-][\d.]+) to ([+-][\d.]+) \|"
OVER_TASKS = list(reversed(re.findall(_ROW, _IN_DOMAIN, flags=re.MULTILINE)))


def test_it_is_read_in_a_few_minutes() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= 900


def test_the_differences_are_those_of_the_report() -> None:
    found = {name: tuple(f"{float(number):+.1f}" for number in rest) for name, *rest in OVER_TASKS}
    assert found["mixout"] == ("+6.9", "+3.5", "+10.4")
    assert "Mixout gained 6.9 points over four tasks (95 % interval +3.5 to +10.4)" in TEXT
    difference, low, high = found["lnsr"]
    assert f"({difference} points, {low} to {high})" in TEXT


def test_the_table_of_methods_has_the_differences_of_the_report() -> None:
    found = {name: f"{float(number):+.1f}" for name, number, *_ in OVER_TASKS}
    rows = re.findall(r"\| \[`(\w+)`\]\S+ \|[^|]*\|[^|]*\| (?:\*\*)?([+-][\d.]+)", TEXT)
    assert len(rows) == 5
    assert rows == [(name, found[name]) for name, _ in rows]


@pytest.mark.parametrize("number", ["61.4 (18.5)", "71.1 (4.0)"])
def test_the_lottery_is_in_the_report(number: str) -> None:
    assert f"| {number} |" in REPORT
