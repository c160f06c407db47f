"""Commands where the system is odd: no home, few open files, file names that are not UTF-8."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.finetune.toy_files import steadytune, succeed, write_reviews
from tests.tiny_bert import write_tiny_bert

NOT_UTF8 = "r\udce4te"  # as the system gives the name that another one wrote in Latin-1
SIZES = ("--epochs", "1", "--max-length", "16", "--train-size", "16")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_tiny_bert(folder / "base")
    rows = write_reviews(folder)["train"]
    for name in ("räte", NOT_UTF8):
        try:
            (folder / f"{name}.csv").write_bytes(rows.read_bytes())
        except OSError:
            pytest.skip("this file system has no such names")
    return folder


def words(data: Path, command: str, name: str, out: Path) -> tuple[object, ...]:
    rows = data / f"{name}.csv"
    return command, "--train", rows, "--model", data / "base", *SIZES, "--out", out


def test_a_file_whose_name_is_not_utf8_is_trained_on(data: Path, tmp_path: Path) -> None:
    succeed(*words(data, "train", NOT_UTF8, tmp_path / "out"))
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["task"]["name"] == "r-te" and "r\ufffdte.csv" in record["command"]
    again = succeed(*words(data, "train", NOT_UTF8, tmp_path / "out"))
    assert "Finished already" in again
    succeed("evaluate", tmp_path / "out", "--data", data / f"{NOT_UTF8}.csv")


def test_studies_of_such_names_are_carried_out_and_known_again(data: Path, tmp_path: Path) -> None:
    of_rows = words(data, "compare", NOT_UTF8, tmp_path / "a")
    file = data / f"{NOT_UTF8}.yaml"
    file.write_text(
        "tasks: {train: train.csv}\nmodel: base\nmethods: plain\nseeds: 1\ntrain_size: 16\n"
        "max_length: 16\nepochs: 1\n"
    )
    of_file = ("compare", file, "--out", tmp_path / "b")
    for command in ((*of_rows, "--method", "plain", "--seeds", 1), of_file):
        assert "[1/1]" in succeed(*command, "--workers", 0)
        assert "[1/1]" not in succeed(*command, "--workers", 0)
    assert json.loads((tmp_path / "b" / "study.json").read_text())["title"] == "r\ufffdte"


def test_a_folder_that_cannot_be_made_is_one_line(data: Path) -> None:
    result = steadytune(*words(data, "train", "train", Path("/proc/steadytune/out")))
    assert result.exit_code == 2 and result.stderr.count("\n") == 1, result.output
    assert "cannot write to /proc/steadytune/out" in result.stderr


def test_a_model_is_not_saved_under_a_name_that_is_not_utf_8(data: Path, tmp_path: Path) -> None:
    result = steadytune(*words(data, "train", "train", tmp_path / NOT_UTF8))
    assert result.exit_code == 2 and result.stderr.count("\n") == 1, result.output
    assert "r\ufffdte is not UTF-8" in result.stderr
    assert list(tmp_path.iterdir()) == []


ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.exhaustive
@pytest.mark.alone
@pytest.mark.parametrize(
    ("name", "variables", "open_files"),
    [
        ("räte", {"HOME": "/nonexistent/home"}, None),
        ("räte", {"LC_ALL": "C", "LANG": "C"}, None),
        ("räte", ASCII, None),
        ("räte", {}, 30),
    ],
    ids=["no home", "language C", "nothing but ASCII", "few open files"],
)
def test_a_model_is_trained_all_the_same(
    data: Path, tmp_path: Path, name: str, variables: dict[str, str], open_files: int | None
) -> None:
    def limited() -> None:
        if open_files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))

    done = subprocess.run(
        [sys.executable, "-m", "steadytune"]
        + [str(word) for word in words(data, "train", name, tmp_path / "out")],
        env={k: v for k, v in os.environ.items() if not k.startswith(("HF_", "XDG_"))} | variables,
        preexec_fn=limited,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "record.json").read_bytes())
    assert record["task"]["name"] == name
