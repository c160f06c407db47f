"""The benchmark on the page of `fit` is that of the results beside the script."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, stdev

import pytest

ROOT = Path(__file__).parents[2]
SIDES = ("fit", "defaults", "best-of-3", "setfit", "frozen")


def table_under(heading: str) -> list[list[str]]:
    """The cells of a section's table, its heading and its line of dashes among them."""
    text = (ROOT / "docs/fit.md").read_text().split(f"\n{heading}\n")[1].split("\n##")[0]
    return [
        [cell.strip(" *") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]


def test_the_table_is_that_of_the_results() -> None:
    lines = (ROOT / "benchmarks/results/fit.jsonl").read_text().splitlines()
    entries = list(map(json.loads, lines))
    assert all("score" in entry for entry in entries)
    first_seeds = [entry for entry in entries if entry["seed"] == entry["draw"]]
    found = {(e["set"], e["size"], e["draw"], e["side"]): e for e in first_seeds}
    rows = table_under("## Compared with other ways")
    assert rows[0][3:] == list(SIDES)
    shown = {
        (name, int(size), int(draw), side): score
        for name, size, draw, *scores in rows[2:]
        for side, score in zip(SIDES, scores, strict=True)
        if score != "-"
    }
    assert shown == {key: f"{entry['score']:.1f}" for key, entry in found.items()}


NAMES = {
    "defaults": "defaults",
    "best-of-3": "best of three rates",
    "setfit": "SetFit",
    "frozen": "frozen features",
}


def test_the_differences_are_those_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from fit import against  # type: ignore[import-not-found]

    text = " ".join((ROOT / "docs/fit.md").read_text().split())
    for side, name in NAMES.items():
        _, gain = against(ROOT / "benchmarks/results/fit.jsonl", side)
        interval = f"({gain.interval.low:+.1f} to {gain.interval.high:+.1f})"
        assert f"{name} {gain.mean:+.1f} {interval}" in text


def test_five_seeds_are_those_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from fit import over_seeds, ratio_of_spreads

    results = ROOT / "benchmarks/results/fit.jsonl"
    heading, _, *rows = table_under("### Five seeds")
    found = over_seeds(results)
    assert [row[0] for row in rows] == list(found)
    for name, *cells in rows:
        for side, cell in zip(heading[1:], cells, strict=True):
            each = found[name][side]
            assert len(each) == 5
            assert cell == f"{mean(each):.1f} ({stdev(each):.1f}), {min(each):.1f}"
    text = " ".join((ROOT / "docs/fit.md").read_text().split())
    assert f"is {ratio_of_spreads(results, 'best-of-3')} times that of the best" in text
    assert f"and {ratio_of_spreads(results, 'defaults')} times that of the defaults" in text
