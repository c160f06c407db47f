"""The front page is short, and its numbers and its picture are those of committed records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steadytune.reporting import read_folder

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
    number = r"([+-]?[\d.]+)"
    row = rf"\| head first \| 10 \| {number} \| {number} to {number} \| [\d.]+ \| {number} \|"
    tuned = (ROOT / "docs" / "evidence" / "tuned" / "report.md").read_text()
    gain, *interval, spread = re.findall(row, tuned)[0]
    expected = f"**{float(gain):+.1f} points, and {spread} times the spread**: what `--head-first`"
    assert expected in TEXT
    low, high = (f"{float(number):+.1f}" for number in interval)
    assert f"(95 % interval {low} to {high};" in TEXT
    difference, low, high = found["lnsr"]
    assert f"({difference} points, {low} to {high})" in TEXT


def test_the_table_of_methods_has_the_differences_of_the_report() -> None:
    found = {name: f"{float(number):+.1f}" for name, number, *_ in OVER_TASKS}
    rows = re.findall(r"\| \[`(\w+)`\]\S+ \|[^|]*\|[^|]*\| (?:\*\*)?([+-][\d.]+)", TEXT)
    assert len(rows) == 5
    assert rows == [(name, found[name]) for name, _ in rows]


def test_the_gains_of_fit_are_those_of_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from fit import against  # type: ignore[import-not-found]

    def gain(side: str, template: str) -> str:
        _, found = against(ROOT / "benchmarks/results/fit.jsonl", side)
        low, high = found.interval.low, found.interval.high
        return template.format(f"{found.mean:+.1f}", f"{low:+.1f} to {high:+.1f}")

    text = " ".join(TEXT.split())
    assert gain("defaults", "**{} points**: `fit` against transformers' defaults ({})") in text
    assert gain("setfit", "SetFit {} ({})") in text
    assert gain("frozen", "features {} ({})") in text


def test_the_five_seeds_are_those_of_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from fit import over_seeds, ratio_of_spreads

    results = ROOT / "benchmarks/results/fit.jsonl"
    ratio, interval = ratio_of_spreads(results, "best-of-3").split(" ", 1)
    assert f"**{ratio} times** the standard deviation" in TEXT
    assert f"learning rates ({interval[1:-1]}, so not shown yet)" in TEXT
    ours, theirs = (over_seeds(results)["stsb"][side] for side in ("fit", "best-of-3"))
    assert f"the worst seed on stsb: {min(ours):.1f}, not {min(theirs):.1f}." in TEXT
    assert (
        f"the best of three rates scores from {min(theirs):.0f} to {max(theirs):.0f}, "
        f"fit from {min(ours):.0f} to {max(ours):.0f}]"
    ) in TEXT


def test_the_lottery_shows_the_scores_of_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from lottery import scores  # type: ignore[import-not-found]

    folder = ROOT / "docs/evidence/main"
    singles = scores(folder, "stsb", "plain", 1)
    page = (ROOT / "docs/evidence/ensembles.md").read_text()
    assert f"on stsb from {min(singles):.0f} to {max(singles):.0f};" in page
    assert "score 71.1 with a standard deviation of 4.0, single ones 61.4 with 18.5;" in page
    assert all(f"| {number} |" in REPORT for number in ("71.1 (4.0)", "61.4 (18.5)"))
    recorded = [
        100 * run["results"]["mrpc"]["f1"]
        for run in read_folder(folder).records
        if (run["spec"]["task"], run["arm"]["name"]) == ("mrpc", "mixout")
    ]
    assert scores(folder, "mrpc", "mixout", 1) == pytest.approx(recorded, abs=1e-3)
