"""Names in files of others cannot steer the terminal of any command."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from steadytune.cli import app
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from tests.finetune.toy_files import write_reviews
from tests.run_records import TASK, make_spec, make_test_record
from tests.tiny_bert import write_tiny_bert

ESCAPE = "x\x1b]0;pwn\x07"
SHOWN = "x ]0;pwn "


def call(*words: object) -> Result:
    # Without colour the runner itself would strip escapes.
    return CliRunner().invoke(app, [str(word) for word in words], color=True)


def require_shown(result: Result, status: int) -> None:
    assert result.exit_code == status, result.output
    assert SHOWN.strip() in result.output
    assert "\x1b" not in result.output and "\x07" not in result.output


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = write_reviews(tmp_path_factory.mktemp("rows"))["train"]
    file.write_text(file.read_text().replace("positive", ESCAPE))
    return file


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, rows: Path) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("trained")
    base, options = write_tiny_bert(folder / "base"), ("--epochs", 1, "--max-length", 16)
    result = call(
        *("train", "--train", rows, "--metric", "f1", "--model", base, *options),
        *("--out", folder / "out"),
    )
    return folder / "out", result


def test_train_prints_names_of_classes(trained: tuple[Path, Result]) -> None:
    require_shown(trained[1], 0)


def test_evaluate_prints_them(trained: tuple[Path, Result], rows: Path) -> None:
    require_shown(call("evaluate", trained[0], "--data", rows), 0)


def test_predict_prints_them_to_a_terminal_alone(
    trained: tuple[Path, Result], rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = []
    for is_terminal in (True, False):
        buffer = io.BytesIO()
        stdout = SimpleNamespace(buffer=buffer, isatty=lambda told=is_terminal: told)
        monkeypatch.setattr(sys, "stdout", stdout)
        app(["predict", str(trained[0]), str(rows)], standalone_mode=False)
        printed.append(buffer.getvalue().decode())
    assert "\x1b" not in printed[0] and ESCAPE in printed[1]
    assert printed[0] == printed[1].replace(ESCAPE, SHOWN)


def test_fit_prints_them_with_the_data(tmp_path: Path, rows: Path) -> None:
    (tmp_path / "other").touch()  # what lies in the folder already ends it after its data
    base, file = write_tiny_bert(tmp_path / "base"), tmp_path / f"{ESCAPE}.csv"
    shutil.copy(rows, file)
    result = call("fit", file, "--model", base, "--max-length", 16, "--out", tmp_path)
    require_shown(result, 2)
    for name in (f"{ESCAPE}.csv'", ESCAPE):
        assert repr(name).strip("'\"") in result.stdout
    assert "is not empty" in result.stderr


def test_diagnose_prints_names_of_models(
    tmp_path: Path, rows: Path, trained: tuple[Path, Result]
) -> None:
    model = tmp_path / ESCAPE
    shutil.copytree(trained[0], model)
    result = call(
        *("diagnose", model, "--data", rows, "--examples", 4, "--max-length", 16),
        *("--out", tmp_path / "out"),
    )
    require_shown(result, 0)


def test_report_prints_titles_and_names_of_records(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for seed in (1, 2):
        for method in ("plain", "lnsr"):
            task = {**TASK, "name": ESCAPE}
            arm = {"name": f"{method} {ESCAPE}", "varies": []}
            record = make_test_record(make_spec(seed, method), task=task, arm=arm)
            ledger.add(Outcome(record))
    note = {"title": f"title {ESCAPE}", "command": f"command {ESCAPE}"}
    (tmp_path / "study.json").write_text(json.dumps(note))
    result = call("report", tmp_path)
    require_shown(result, 0)
    for name in ("title", "plain", "lnsr"):
        assert f"{name} {SHOWN.strip()}" in result.output


@pytest.mark.parametrize("key", ["model_type", "architectures"])
def test_an_error_about_a_model(tmp_path: Path, rows: Path, key: str) -> None:
    model = write_tiny_bert(tmp_path / "model")
    config = json.loads((model / "config.json").read_text())
    config[key] = ESCAPE if key == "model_type" else [ESCAPE]
    (model / "config.json").write_text(json.dumps(config))
    command = ["train", "--train", rows, "--out", tmp_path / "out", "--model", model]
    require_shown(
        call(*(command if key == "model_type" else ["evaluate", model, "--data", rows])), 2
    )


def test_an_error_about_an_ensemble(tmp_path: Path, rows: Path) -> None:
    content = {"version": 1, "kind": "classification", "members": [ESCAPE]}
    (tmp_path / "ensemble.json").write_text(json.dumps(content))
    require_shown(call("evaluate", tmp_path, "--data", rows), 2)


def test_an_error_about_a_bundle(tmp_path: Path) -> None:
    content = {"format": 2, "studies": [ESCAPE], "half": False, "models": {}, "sha256": {}}
    (tmp_path / "bundle.json").write_text(json.dumps(content))
    (tmp_path / "s.yaml").write_text("tasks: rte\nmethods: plain\nseeds: 1\n")
    require_shown(call("compare", tmp_path / "s.yaml"), 2)


def test_what_a_pack_left_out(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / f"{ESCAPE}.json").write_text("{}")
    require_shown(call("pack", tmp_path, tmp_path / "out"), 2)
