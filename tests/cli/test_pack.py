"""`steadytune pack`: what it says, and one line for what cannot be packed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.packed import PACKED_FILE
from steadytune.records.prediction_file import PACKED_PREDICTIONS
from steadytune.records.read_record import validated
from steadytune.records.schema import STRICT
from tests.reporting.fabricated import study
from tests.run_records import make_spec, make_test_record
from tests.test_cli import call, require_one_line


@pytest.fixture
def source(tmp_path: Path) -> Path:
    ledger = Ledger(tmp_path / "source")
    for made in study(3):
        ledger.add(
            Outcome(validated(made, STRICT), {"movie": {"logits": np.zeros((2, 2), np.float32)}})
        )
    return ledger.folder


def test_a_study_is_packed_and_reported(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    result = call("pack", str(source), str(target))
    assert result.exit_code == 0, result.output
    pattern = rf"6 records in {target / PACKED_FILE}, \d+ KB\npredictions stay in {source}\n"
    assert re.fullmatch(pattern, result.stdout)
    assert result.stderr == ""
    reports = [
        call("report", str(folder), "--csv", str(tmp_path / f"{folder.name}.csv"), "--title", "t")
        for folder in (source, target)
    ]
    assert [report.exit_code for report in reports] == [0, 0]
    rows = [(tmp_path / f"{folder.name}.csv").read_text() for folder in (source, target)]
    assert rows[0].replace(str(source), str(target)) == rows[1]


def test_predictions_come_along_where_they_are_asked_for(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    result = call("pack", str(source), str(target), "--predictions")
    assert result.exit_code == 0, result.output
    packed, beside, stay = result.stdout.splitlines()
    assert packed.startswith(f"6 records in {target / PACKED_FILE}, ")
    assert stay == f"predictions on other domains stay in {source}"
    pattern = rf"predictions of 6 records in {target / PACKED_PREDICTIONS}, \d+ KB"
    assert re.fullmatch(pattern, beside)


def test_what_is_left_out_is_said_apart(source: Path, tmp_path: Path) -> None:
    Ledger(source / "tuning").add(Outcome(make_test_record(make_spec())))
    Ledger(source).add(Outcome(make_test_record(make_spec(), "cancelled")))
    for number in range(25):
        (source / "runs" / f"odd{number}.json").write_text("{")
    result = call("pack", str(source), str(source))
    assert result.exit_code == 0, result.output
    assert f"1 record in {source / 'tuning' / PACKED_FILE}, 1 KB\n" in result.stdout
    lines = result.stderr.splitlines()
    assert len(lines) == 21
    assert lines[0].startswith(f"left out: {source / 'runs' / 'odd0.json'}: EOF while parsing")
    assert lines[-1] == "left out: 6 more"


def test_what_cannot_be_packed_is_one_line(source: Path, tmp_path: Path) -> None:
    target, file, damaged = tmp_path / "target", tmp_path / "file", tmp_path / "damaged"
    file.write_text("")
    damaged.mkdir()
    (damaged / PACKED_FILE).write_bytes(b"\xfd7zXZ\0")
    require_one_line(call("pack", str(tmp_path / "none"), str(target)), "none is not a folder")
    require_one_line(call("pack", str(tmp_path), str(target)), "has no records", "runs/")
    require_one_line(call("pack", str(source), str(file)), "file is a file")
    require_one_line(call("pack", str(source), str(damaged), str(target)), "ends too early")
    require_one_line(call("pack", str(source), str(damaged)), "ends too early", "whole copy")
    require_one_line(call("report", str(damaged)), "no readable record", "ends too early")
    assert not target.exists()
    assert call("pack", str(source)).exit_code == 2
