"""Every command that fills a folder keeps all others out of it while it does."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from steadytune._one_writer import one_writer
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.read_record import validated
from steadytune.records.schema import STRICT
from steadytune.tasks import TASKS, NamedTask
from tests.finetune.toy_files import QUICK, write_model, write_reviews
from tests.reporting.fabricated import study
from tests.test_cli import COMMAND, call, require_one_line
from tests.toy_task import load_toy

OUT = "out"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Each command with little to do."""
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", load_toy))
    for made in study(3):
        Ledger(tmp_path / "study").add(Outcome(validated(made, STRICT)))
    rows, model = str(write_reviews(tmp_path)["train"]), str(write_model(tmp_path))
    given, out = ["--train", rows, "--model", model], ["--out", str(tmp_path / OUT)]
    return {
        "train": ["train", *given, *QUICK, *out],
        "fit": ["fit", rows, "--model", model, "--max-length", "16", "--workers", "0", *out],
        "compare": ["compare", *given, *QUICK, "--seeds", "2", "--workers", "0", *out],
        "demo": ["demo", "--task", "toy", "--model", model, "--workers", "0", *out],
        "diagnose": ["diagnose", model, "--data", rows, *out],
        "pack": ["pack", str(tmp_path / "study"), str(tmp_path / OUT)],
    }


@pytest.mark.parametrize("name", ["train", "fit", "compare", "demo", "diagnose", "pack"])
def test_a_folder_in_use_is_refused_in_one_line_and_stays(
    commands: dict[str, list[str]], name: str, tmp_path: Path
) -> None:
    with one_writer(tmp_path / OUT, "another command"):
        before = sorted((tmp_path / OUT).rglob("*"))
        result = call(*commands[name])
        require_one_line(result, "out is in use: process", "another command", "wait until")
        assert sorted((tmp_path / OUT).rglob("*")) == before


@pytest.mark.alone
@pytest.mark.skipif(shutil.which("setsid") is None, reason="setsid gives a terminal to a process")
def test_of_two_trainings_at_once_the_second_is_refused_and_ctrl_c_ends_the_first(
    commands: dict[str, list[str]], tmp_path: Path
) -> None:
    """In a terminal, whose Ctrl-C goes to the whole foreground group."""
    ours, theirs = pty.openpty()
    words = ["setsid", "--ctty", *COMMAND, *commands["train"], "--epochs", "5000"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True, env=environment
    ) as first:
        os.close(theirs)
        try:
            said = ""
            while "evaluated on" not in said:
                said += os.read(ours, 1000).decode()
            result = call(*commands["train"], "--epochs", "5000")
            require_one_line(result, f"out is in use: process {first.pid} on", "(steadytune train ")
            assert first.poll() is None
            os.write(ours, b"\x03")
            assert first.stderr is not None
            errors = first.stderr.read()
        finally:
            first.kill()
            os.close(ours)
    assert first.returncode == 130
    [line] = errors.splitlines()
    assert line.startswith("stopped; the same command continues from the last checkpoint in")
