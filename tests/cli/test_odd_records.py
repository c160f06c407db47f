"""`compare` where its folder has records that others have changed: named, set aside, run again."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from steadytune.cli import app
from tests.finetune.toy_files import write_reviews
from tests.tiny_bert import write_tiny_bert

ESCAPE = "x\x1b]0;pwn\x07"


def compare(folder: Path, methods: str = "plain") -> Result:
    (folder / "s.yaml").write_text(
        f"tasks: {{train: {folder / 'train.csv'}, name: r}}\nmodel: {folder / 'base'}\n"
        f"methods: {methods}\nseeds: [1]\ntrain_size: 16\neval_size: 8\nmax_length: 16\nepochs: 1\n"
    )
    words = ["compare", str(folder / "s.yaml"), "--workers", "0", "--out", str(folder / "out")]
    # Without colour the runner itself would strip escapes.
    return CliRunner().invoke(app, words, color=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_reviews(folder)
    write_tiny_bert(folder / "base")
    assert compare(folder).exit_code == 0
    return folder


@pytest.fixture
def study(made: Path) -> Path:
    """The study with its one record as it was."""
    kept = made / "kept"
    if not kept.exists():
        shutil.copytree(made / "out", kept)
    shutil.rmtree(made / "out")
    shutil.copytree(kept, made / "out")
    return made


def the_record(folder: Path) -> Path:
    (found,) = (folder / "out" / "runs").glob("*.json")
    return found


def test_nan_under_a_changed_label_is_run_again(study: Path) -> None:
    path = the_record(study)
    content = json.loads(path.read_text())
    (domain, *_) = content["results"]
    content["results"][domain]["loss"] = float("nan")
    path.write_text(json.dumps(content))
    result = compare(study, "[{method: plain, name: base}]")
    assert result.exit_code == 0, result.output
    assert "set aside as" in result.output and "[1/1] base, seed 1" in result.output
    again = json.loads(the_record(study).read_text())
    assert again["arm"]["name"] == "base" and again["results"][domain]["loss"] > 0


def test_a_changed_label_alone_runs_nothing(study: Path) -> None:
    result = compare(study, "[{method: plain, name: base}]")
    assert result.exit_code == 0, result.output
    assert "[1/1]" not in result.output
    assert json.loads(the_record(study).read_text())["arm"]["name"] == "base"


def test_escapes_in_names_of_records_are_not_printed(study: Path) -> None:
    (study / "out" / "runs" / f"{ESCAPE}.json").write_text("{}")
    result = compare(study)
    assert result.exit_code == 0, result.output
    assert "x ]0;pwn .json" in result.output and "set aside as" in result.output
    assert "\x1b" not in result.output and "\x07" not in result.output


def test_escapes_in_what_a_run_says_are_not_printed(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **more: object) -> None:
        raise ValueError(ESCAPE)

    the_record(study).unlink()
    monkeypatch.setattr("steadytune.runs.run.train", fails)
    result = compare(study)
    assert result.exit_code == 3, result.output
    assert "plain, seed 1: failed" in result.output and "x ]0;pwn" in result.output
    assert "\x1b" not in result.output and "\x07" not in result.output


def put_odd_files(runs: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would block a reader, or never end."""
    os.mkfifo(runs / "a-fifo.json")
    (runs / "device.json").symlink_to("/dev/zero")
    (runs / "dangling.json").symlink_to("nowhere")
    (runs / "folder.json").mkdir()
    monkeypatch.chdir(runs)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket.json")
    return ["a-fifo.json", "dangling.json", "device.json", "folder.json", "socket.json"]


@pytest.mark.timeout(60)
def test_what_is_not_a_file_is_set_aside(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = put_odd_files(study / "out" / "runs", monkeypatch)
    result = compare(study)
    assert result.exit_code == 0, result.output
    for name in names:
        told = [line for line in result.output.splitlines() if line.startswith(f"{name} is not")]
        assert len(told) == 1 and told[0].endswith(f": set aside as {name}.corrupt")
    assert "[1/1]" not in result.output
    left = sorted(path.name for path in (study / "out" / "runs").iterdir())
    assert left == sorted([the_record(study).name, *(f"{name}.corrupt" for name in names)])


@pytest.mark.timeout(60)
def test_a_report_leaves_out_what_is_not_a_file(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = put_odd_files(study / "out" / "runs", monkeypatch)
    result = CliRunner().invoke(app, ["report", str(study / "out")])
    assert result.exit_code == 0, result.output
    for name in names:
        assert result.output.count(f"{name} was left out: ") == 1
