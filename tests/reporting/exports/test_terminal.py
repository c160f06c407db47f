"""The report in the terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from steadytune.reporting import build_report, print_report
from tests.reporting.fabricated import record, study


def printed(records: list[dict[str, Any]], width: int = 100, **arguments: Any) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=False)
    print_report(build_report(records, title="A study", **arguments), console)
    return stream.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def test_tables_verdict_and_warnings_are_printed() -> None:
    text = printed(study(3), warnings=["odd.json was left out: empty"])
    flat = words(text)
    for part in (
        "Scores over seeds: accuracy (%)",
        "lnsr minus plain",
        "Cost in time",
        "1.50 times",
        "few seeds prove little",
        "majority-class baseline: 50.0 %",
        "Warning: odd.json was left out",
    ):
        assert part in flat, part
    row = next(line for line in text.splitlines() if line.strip().startswith("plain"))
    assert row.split() == [
        "plain",
        "3",
        "79.9",
        "1.10",
        "80.0",
        "80.0",
        "78.8",
        "81.0",
        "0",
        "of",
        "3",
    ]


def test_the_verdict_stands_last() -> None:
    text = printed(study(3))
    assert text.index("Verdict") > text.index("Keep in mind") > text.index("Cost in time")
    assert text.rstrip().endswith("Recommended: plain.")


@pytest.mark.parametrize("width", [30, 44, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_window(width: int) -> None:
    text = printed(study(3, ("plain", "lnsr:std=0.1,strength=0.3,noise=interpolate")), width)
    assert max(map(len, text.splitlines())) <= width


def test_a_narrow_window_gets_lists() -> None:
    text = words(printed(study(3), 44))
    assert "Runs: 3 · Mean: 79.9 · Std: 1.10" in text


def test_text_from_records_is_no_markup() -> None:
    name = "[bold red]x[/] \x1b]0;title\x07"
    records = [record("plain"), record(name), record(name, 1, status="failed", reason="[/]oops")]
    text = printed(records)
    assert "[bold red]x[/]" in text
    assert "[/]oops" in words(text)
    assert "\x1b" not in text and "\x07" not in text


def test_several_settings_are_named() -> None:
    other = [record(m, 0, spec={"epochs": 9.0}) for m in ("plain", "lnsr")]
    text = printed([*study(2), *other])
    assert "Verdict on reviews, minilm, epochs 9" in text


def test_nothing_to_show_does_not_crash() -> None:
    assert "A study" in printed([])


def test_several_settings_are_printed_in_short() -> None:
    other = [record(m, s, spec={"task": "other"}) for m in ("plain", "lnsr") for s in range(3)]
    for made in other:
        made["task"]["name"] = "other"
    flat = words(printed([*study(3), *other]))
    assert "In domain, section by section" in flat
    assert "Verdict over all sections" in flat
    assert "Cost in time" not in flat
    assert "Averages over 2 tasks, against plain" in flat
    assert flat.rindex("Verdict over tasks") > flat.rindex("Verdict over all sections")
    assert flat.count("Std is the sample standard deviation") == 1
    assert flat.rindex("Verdict over all sections") > flat.rindex("Verdict on")


def test_a_narrower_window_gets_tables_without_medians() -> None:
    text = printed(study(3), 60)
    row = next(line for line in text.splitlines() if line.strip().startswith("plain"))
    assert row.split() == ["plain", "3", "79.9", "1.10", "78.8", "81.0", "0", "of", "3"]


def test_many_warnings_are_cut() -> None:
    text = printed(study(1), warnings=[f"file {i}" for i in range(90)])
    assert "70 more warnings are on the page." in words(text)
