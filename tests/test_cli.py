"""The command line: quick help, one line for what the user can mend, and no traceback."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import steadytune
from steadytune import demo
from steadytune.cli import app
from steadytune.tasks import TASKS, NamedTask
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy

COMMAND = [sys.executable, "-m", "steadytune"]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100"})


def spawn(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, **settings
    )


def require_one_line(result: Result, *words: str) -> None:
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]
    assert isinstance(result.exception, SystemExit)


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A demo that takes a second."""
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", load_toy))
    model = write_tiny_bert(tmp_path / "model")
    words = f"--task toy --model {model} --train-size 16 --eval-size 20 --epochs 1 --workers 0"
    return ["demo", "--seeds", "2", "--out", str(tmp_path / "out"), *words.split()]


@pytest.mark.alone
def test_help_is_quick_and_imports_nothing_heavy() -> None:
    assert min(_processor_seconds("--help") for _ in range(3)) < 0.5
    probe = (
        "import sys; from steadytune import cli\n"
        "try: cli.app(['demo', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'transformers', 'datasets', 'sklearn', 'matplotlib', 'numpy'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def _processor_seconds(*arguments: str) -> float:
    """What a call costs, whatever else the machine is busy with."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert spawn(*arguments).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    "command",
    [
        *("demo", "report", "pack", "methods", "tasks", "power"),
        *("train", "evaluate", "predict", "compare", "diagnose"),
    ],
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert f"steadytune {command}" in re.sub(r"\s+", " ", result.stdout).replace("Usage:", "")
    assert "Example" in result.stdout


def test_the_version_is_the_package_s() -> None:
    assert call("--version").stdout == f"steadytune {steadytune.__version__}\n"


def test_no_command_shows_the_help() -> None:
    assert "One model" in call().output and not call().stderr


def test_a_demo_ends_with_the_tables_and_the_paths(arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    assert "Verdict" in result.stdout
    assert "prove little" in result.stdout
    assert re.search(r"Report: .*report\.html", result.stdout)
    out = arguments[arguments.index("--out") + 1]
    command = json.loads((Path(out) / "study.json").read_text())["command"]
    assert command.startswith(f"steadytune demo --seeds 2 --out {out} ")
    again = call("report", out)
    assert again.exit_code == 0, again.output
    assert "Verdict" in again.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--method", "plain,lnrs"], ["unknown method 'lnrs'", "did you mean lnsr"]),
        (["--method", "plain", "--method", "lnsr,plain"], ["plain appears twice"]),
        (["--method", "lnsr:sdt=0.1"], ["no option 'sdt'", "did you mean std"]),
        (["--method", "lnsr:std=-1"], ["std=-1.0"]),
        (["--method", "lnsr:layer=9"], ["lnsr:layer=9", "out of range"]),
        (["--method", "plain,plain"], ["plain appears twice"]),
        (["--method", ""], ["empty method"]),
        (["--seeds", "0"], ["0 seeds are not possible"]),
        (["--seeds", "3,3"], ["seed 3 appears twice"]),
        (["--seeds", "many"], ["neither a count"]),
        (["--task", "tyo"], ["unknown task 'tyo'", "did you mean toy"]),
        (["--model", "./nowhere"], ["no model folder"]),
        (["--train-size", "0"], ["--train-size 0"]),
        (["--epochs", "0"], ["--epochs 0.0"]),
        (["--workers", "-2"], ["workers=-2"]),
        (["--out", "/dev/null/demo"], ["cannot write to /dev/null/demo", "--out"]),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str], change: list[str], words: list[str], tmp_path: Path
) -> None:
    require_one_line(call(*arguments, *change), *words)
    assert not (tmp_path / "out").exists()


def test_runs_made_elsewhere_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = "tool,seed,score\nplain,0,0.5\nplain,1,0.6\nsam,0,0.7\nsam,1,0.7\n"
    (tmp_path / "runs.csv").write_text(runs)
    read = ["report", "--from", "runs.csv", "--metric", "accuracy"]
    result = call(*read, "--columns", "method=tool")
    assert result.exit_code == 0 and "+15.0" in result.stdout
    assert (tmp_path / "report.html").is_file()
    require_one_line(call(*read), "no column 'method'")
    require_one_line(call(*read, "--columns", "tool"), "'tool' names no column")
    require_one_line(call("report"), "nothing to report")


def test_a_folder_without_records_cannot_be_reported(tmp_path: Path) -> None:
    require_one_line(call("report", str(tmp_path)), "is not a folder", "runs")


def test_methods_are_listed_and_explained() -> None:
    listed = call("methods")
    assert listed.exit_code == 0
    assert "lnsr" in listed.stdout and "NAACL" in listed.stdout
    assert "Standard deviation" in call("methods", "lnsr").stdout
    require_one_line(call("methods", "lnrs"), "did you mean lnsr")


def test_ctrl_c_is_one_line_and_status_130(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt("stopped with 1 of 4 runs")

    monkeypatch.setattr(demo, "run_demo", interrupted)
    result = call(*arguments)
    assert result.exit_code == 130
    assert result.stderr == "stopped with 1 of 4 runs\n"


def test_a_hub_that_cannot_be_reached_costs_no_time(tmp_path: Path) -> None:
    done = spawn("demo", "--model", "no/such", "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: model 'no/such'")
    assert "Traceback" not in done.stderr


def test_methods_of_the_user_s_own_are_found_in_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise ValueError('mine was imported')")
    done = spawn("demo", "--method", "mine:Method", cwd=tmp_path)
    assert done.returncode == 2
    assert "mine was imported" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("stop", ["ctrl-c", "kill"])
def test_a_stop_is_one_line_and_leaves_nothing_behind(tmp_path: Path, stop: str) -> None:
    script = (
        "from tests.toy_task import load_toy\n"
        "from steadytune.tasks import TASKS, NamedTask\n"
        "TASKS['toy'] = NamedTask('toy', 'made up', load_toy)\n"
        "from steadytune.cli import main\n"
        "if __name__ == '__main__': main()\n"
    )
    (tmp_path / "script.py").write_text(script)
    model, scratch = write_tiny_bert(tmp_path / "model"), str(tmp_path / "scratch")
    Path(scratch).mkdir()
    words = f"demo --task toy --model {model} --train-size 16 --out {tmp_path / 'out'} --workers 2"
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), *words.split(), "--epochs", "2000"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]),
            "TMPDIR": scratch,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    while "at a time" not in (line := process.stdout.readline()):
        assert line
    try:
        _wait_for(lambda: len(list(Path(scratch).glob("steadytune-*/steadytune-*"))) == 2)
    except AssertionError:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    if stop == "ctrl-c":
        os.killpg(process.pid, signal.SIGINT)  # a terminal tells the whole group
    else:
        process.terminate()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.splitlines() == [errors.strip()] and errors.startswith("stopped with 0 of 9 runs")
    _require_gone(process.pid)
    assert os.listdir(scratch) == []


def _require_gone(group: int) -> None:
    def gone() -> bool:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    _wait_for(gone, 10)


def _wait_for(happened: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.05)
