"""Commands that read: killed as they write, beside a study, with a clock set back, very much."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from steadytune._one_writer import one_writer
from steadytune._whole_file import temporary_beside
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.packed import PACKED_FILE, pack_records, record_name
from steadytune.records.read_record import validated
from steadytune.records.record import make_record
from steadytune.records.schema import STRICT
from steadytune.records.spec import spec_hash_of
from tests.faults.campaign import content_of
from tests.finetune.toy_files import write_model, write_reviews
from tests.reporting.fabricated import study
from tests.run_records import TASK, make_spec, make_test_record
from tests.test_cli import call

BE_KILLED = """
import os, signal, sys
replace, last = os.replace, sys.argv.pop(1)
def watched(source, target):
    if str(target).endswith(last):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = watched
from steadytune.cli import app
app(sys.argv[1:])
"""
"""A command that is killed when all of a file is written, and before it has its name."""


@pytest.fixture
def records(tmp_path: Path) -> Path:
    for made in study(3):
        Ledger(tmp_path / "study").add(Outcome(validated(made, STRICT)))
    return tmp_path / "study"


@pytest.mark.alone
@pytest.mark.parametrize(
    ("command", "last"),
    [("report", "page.html"), ("report", "runs.csv"), ("diagnose", "diagnostics.json")],
)
def test_after_a_kill_the_same_command_leaves_what_an_uninterrupted_one_leaves(
    records: Path, tmp_path: Path, command: str, last: str
) -> None:
    out = tmp_path / "out"
    if command == "report":
        places = ["--page", str(out / "page.html"), "--csv", str(out / "runs.csv")]
        words = [command, str(records), *places]
    else:
        rows, model = str(write_reviews(tmp_path)["test"]), str(write_model(tmp_path))
        words = [command, model, "--data", rows, "--examples", "8", "--out", str(out)]
    out.mkdir()
    assert call(*words).exit_code == 0
    whole = content_of(out)
    shutil.rmtree(out)
    out.mkdir()
    environment = {**os.environ, "STEADYTUNE_CACHE": str(tmp_path / "cache")}
    killed = subprocess.run(
        [sys.executable, "-c", BE_KILLED, last, *words],
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert list(out.glob(f".{last}.*.tmp"))
    again = call(*words)
    assert again.exit_code == 0, again.output
    assert content_of(out) == whole


def test_a_report_beside_a_study_that_writes_leaves_it_alone(records: Path) -> None:
    half = records / "runs" / "plain-seed9-0123456789abcdef.json"
    with (
        one_writer(records, "compare"),
        temporary_beside(half) as record,
        temporary_beside(records / "report.html") as page,
    ):
        record.write_text('{"version": 1, "spec": {"ta')
        result = call("report", str(records))
        assert result.exit_code == 0, result.output
        assert record.is_file() and page.is_file()
    assert half.name not in result.output and "left out" not in result.output
    assert (records / "report.html").is_file()


def test_a_record_whose_clock_was_set_back_counts(tmp_path: Path) -> None:
    """It ended before it began, and its file comes from the future."""
    parts = {"results": {"movie": {"accuracy": 0.75}}, "task": TASK}
    record = make_record(make_spec(), "ok", None, started="2099-01-01T00:00:00+00:00", parts=parts)
    assert record.started and record.finished and record.finished < record.started
    path = Ledger(tmp_path).add(Outcome(record))
    os.utime(path, (4e9, 4e9))
    assert Ledger(tmp_path).read().records == [record]
    assert Ledger(tmp_path).has(make_spec().key)
    assert call("report", str(tmp_path)).exit_code == 0


REPORTED = """
import re, sys
from pathlib import Path
from steadytune.cli import app
try:
    app(sys.argv[1:])
finally:
    found = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    print(int(found[1]) // 1024, file=sys.stderr)
"""
"""A command that says at its end how many megabytes it took at most.

Not by `ru_maxrss`, which begins with what the process took that started it.
"""


@pytest.mark.exhaustive
@pytest.mark.alone
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak there")
def test_a_hundred_thousand_records_take_less_than_a_gigabyte(tmp_path: Path) -> None:
    like, luck = make_test_record(make_spec()).content(), random.Random(1)

    def every_record() -> Iterator[tuple[str, dict[str, Any]]]:
        for seed, method in product(range(50_000), ("plain", "lnsr")):
            spec = {**like["spec"], "seed": seed, "method": method}
            results = {"movie": {"accuracy": luck.random()}}
            found = {**like, "spec": spec, "spec_hash": spec_hash_of(spec), "results": results}
            yield record_name(method, seed, found["spec_hash"]), found

    (tmp_path / PACKED_FILE).write_bytes(pack_records(every_record()))
    done = subprocess.run(
        [sys.executable, "-c", REPORTED, "report", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Recommended: plain" in done.stdout
    assert int(done.stderr.split()[-1]) < 1000, done.stderr
