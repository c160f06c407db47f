"""The table of runs: complete, exact, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune.reporting import build_report, runs_csv
from steadytune.reporting.exports.runs_csv import safe_text
from tests.reporting.fabricated import record, run_of, study


def table(records: list[dict[str, Any]]) -> list[dict[str, str]]:
    text = runs_csv(build_report(records, title="t").records)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_rows_are_not_all_in_memory() -> None:
    runs = [run_of(record(seed=seed)) for seed in range(200)]
    tracemalloc.start()
    try:
        text = runs_csv(runs)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert text.count("\n") == 201 and peak < 7 * len(text)


def test_every_part_of_a_run_has_a_column() -> None:
    made = record(movie=1 / 3, spec={"settings": {"optim": "sgd"}, "precision": None})
    made["results"]["dev"] = {"accuracy": 0.25, "f1": None}
    (row,) = table([made])
    assert row["spec.task"] == "reviews"
    assert row["spec.settings"] == '{"optim": "sgd"}'
    assert row["spec.precision"] == row["results.dev.f1"] == ""
    assert float(row["results.movie.accuracy"]) == 1 / 3 == float(row["counted.movie"])
    assert row["results.dev.accuracy"] == "0.25"
    assert (row["status"], row["constant.tweet"], row["arm"]) == ("ok", "0.6", "plain")
    assert (row["seconds.train"], row["cost.steps"]) == ("10.0", "57.0")
    before, after = (made["profile"][when]["ratio"][0][-1] for when in ("before", "after"))
    assert float(row["noise_moved.before"]) == 100 * before
    assert float(row["noise_moved.after"]) == 100 * after


def test_a_failed_run_counts_as_the_constant_predictor() -> None:
    (row,) = table([record(status="diverged", reason="NaN, at once")])
    assert (row["counted.movie"], row["reason"]) == ("0.5", "NaN, at once")
    assert "results.movie.accuracy" not in row and row["noise_moved.after"] == ""


def test_one_row_a_run_by_method_and_seed() -> None:
    rows = table(study(3))
    assert [(r["arm"], r["spec.seed"]) for r in rows] == [
        (m, str(s)) for m in ("plain", "lnsr") for s in range(3)
    ]


@pytest.mark.parametrize("evil", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "  =1", "＝1", "\t=1"])
def test_formulas_are_text(evil: str) -> None:
    made = record(evil, reason=evil, status="diverged", spec={evil: evil, "task": evil})
    made["task"].update(in_domain=evil, constant={evil: 0.5})
    for row in table([made]):
        for cell in (*row, *row.values()):
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
        assert row["spec.method"].startswith("'")


def test_negative_numbers_stay_numbers() -> None:
    (row,) = table([record(movie=-0.25)])
    assert row["results.movie.accuracy"] == "-0.25"


@given(st.text())
def test_safe_text_is_one_line_and_no_formula(text: str) -> None:
    safe = safe_text(text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert "\n" not in safe and "\r" not in safe and "\t" not in safe
