"""From folders to files: merged once, whole or not there."""

from __future__ import annotations

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from steadytune._exceptions import ConfigError, DataError
from steadytune.cli import app
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.reporting import Outputs, Report, report_folders
from steadytune.reporting.reading.records import parse_folder
from tests.reporting.fabricated import BARE, record, study, write
from tests.run_records import make_spec, make_test_record


def reported(*folders: Path, **places: Path) -> tuple[Report, dict[str, str]]:
    page = places.pop("page", folders[0] / "page.html")
    return report_folders(folders, Outputs(page, **places), describe=lambda methods: {})


def test_folders_are_merged_and_repeated_runs_count_once(tmp_path: Path) -> None:
    first = write(tmp_path / "a", study(4, **BARE))
    second = write(tmp_path / "b", [*study(6, **BARE), record("other", **BARE)])
    report, written = reported(first, second)
    assert report.runs == 13
    assert report.title == "steadytune report of a, b"
    assert any("8 records repeat" in warning for warning in report.warnings)
    assert written == {"Report": str(first / "page.html")}
    assert len(reported(first, first)[0].warnings) == 0


def test_everything_that_is_asked_for_is_written(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", [record(seed=s, **BARE) for s in range(2)])
    places = {name: tmp_path / f"{name}.out" for name in ("csv", "latex", "figures")}
    _, written = reported(folder, **places)
    assert list(written) == ["Report", "Runs", "LaTeX", "Figures"]
    with places["csv"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["record"] for row in rows] == ["00000", "00001"]
    assert places["latex"].read_text().startswith("%")
    assert len(list(places["figures"].glob("*.png"))) == 3
    assert not list(tmp_path.rglob("*.tmp"))


def test_the_page_replaces_an_older_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", study(2, **BARE))
    (folder / "report.html").write_text("old")
    _, written = report_folders([folder], Outputs(), describe=lambda methods: {}, title="New")
    assert written == {"Report": str(folder / "report.html")}
    assert "<title>New</title>" in (folder / "report.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "runs"]


def test_corrupt_files_are_named_in_the_page(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", study(2, **BARE))
    (folder / "runs" / "<b>odd.json").write_text("{")
    reported(folder)
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;odd.json was left out" in page


def test_no_readable_record_is_an_error_and_writes_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", [])
    (folder / "runs" / "odd.json").write_text("{")
    with pytest.raises(DataError, match=r"no readable record.*odd\.json"):
        reported(folder)
    assert not (folder / "page.html").exists()


def test_the_study_says_how_it_is_called_and_made(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", study(2, ("base", "lnsr"), **BARE))
    note = {"title": "My study", "command": "steadytune compare s.yaml", "baseline": "base"}
    (folder / "study.json").write_text(json.dumps(note))
    report, _ = reported(folder)
    assert (report.title, report.command, report.baseline) == tuple(note.values())
    other, _ = reported(folder, write(tmp_path / "b", study(1, **BARE)))
    assert (other.command, other.baseline) == (note["command"], "plain")


@pytest.mark.parametrize("content", ["", "[]", '{"title": 3}', "{" * 100_000])
def test_a_note_that_cannot_be_read_is_passed_over(tmp_path: Path, content: str) -> None:
    folder = write(tmp_path / "a", study(1, **BARE))
    (folder / "study.json").write_text(content)
    assert reported(folder)[0].title == "steadytune report of a"


def test_nothing_to_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no readable record under .*a.runs, .*b.runs"):
        reported(write(tmp_path / "a", []), write(tmp_path / "b", []))
    with pytest.raises(DataError, match="is not a folder"):
        reported(write(tmp_path / "c", study(1, **BARE)), tmp_path / "absent")


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", study(1, **BARE))
    with pytest.raises(ConfigError, match="cannot write"):
        reported(folder, csv=tmp_path / "absent" / "runs.csv")


def test_the_command(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", study(1, **BARE)), write(tmp_path / "b", study(2, **BARE))
    arguments = ["report", str(first), str(second), "--page", str(tmp_path / "p.html")]
    more = ["--csv", str(tmp_path / "r.csv"), "--title", "Ours", "--command", "steadytune x"]
    done = CliRunner().invoke(app, [*arguments, *more])
    assert done.exit_code == 0, done.output
    assert "Ours" in done.output and str(tmp_path / "r.csv") in done.output
    assert "steadytune x" in (tmp_path / "p.html").read_text(encoding="utf-8")
    failed = CliRunner().invoke(app, ["report", str(tmp_path / "absent")])
    assert failed.exit_code == 2
    assert failed.output.startswith("error: ") and failed.output.count("\n") == 1


def test_reports_beside_a_study_that_goes_on_count_whole_records_only(tmp_path: Path) -> None:
    ledger, seeds, places = Ledger(tmp_path), range(200), {"csv": tmp_path / "runs.csv"}

    def add(seed: int) -> None:
        results = {"movie": {"accuracy": (1000 + seed) / 2000}}
        outputs = {"movie": {"logits": np.zeros((4, 2)), "labels": np.zeros(4, int)}}
        ledger.add(Outcome(make_test_record(make_spec(seed), results=results), outputs))

    add(0)
    counts = [reported(tmp_path, **places)[0].runs]  # what is imported is, before the race begins
    with ThreadPoolExecutor(1) as pool:
        adding = [pool.submit(add, seed) for seed in seeds[1:]]
        while counts[-1] < len(seeds):
            while not adding[len(adding) // 2].done():
                assert parse_folder(tmp_path)[1] == []
            done = sum(future.done() for future in adding)
            report, _ = reported(tmp_path, **places)
            assert report.runs > done and not any("left out" in w for w in report.warnings)
            with places["csv"].open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
            assert len(rows) == report.runs
            for row in rows:
                expected = (1000 + int(row["spec.seed"])) / 2000
                assert float(row["results.movie.accuracy"]) == expected
            counts.append(report.runs)
    assert counts == sorted(counts)
