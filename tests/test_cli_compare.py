"""`steadytune compare` from the command line: rows of the user's, and one line for errors."""

from __future__ import annotations

import csv
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from steadytune.cli import app
from steadytune.finetune import TrainOptions
from steadytune.pretrained import Pretrained
from steadytune.runs import RunSpec
from steadytune.runs.run import _fine_tune
from steadytune.runs.settle import FEWEST_EPOCHS, FEWEST_STEPS, usual_rate
from steadytune.tasks import DataSource
from tests.test_cli import call, require_one_line
from tests.tiny_bert import write_tiny_bert
from tests.tiny_seq2seq import write_pairs, write_tiny_t5

TRAINING = ("warmup", "weight_decay", "batch_size", "class_weights")
RUN_DEFAULTS = {f.name: f.default for f in dataclasses.fields(RunSpec) if f.name in TRAINING}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny_bert(tmp_path_factory.mktemp("model")))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Short reviews as a user would have them."""
    path = tmp_path / "reviews.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["review", "opinion"])
        for number in range(40):
            word, label = (("good", "liked"), ("bad", "disliked"))[number % 2]
            writer.writerow([f"the film was {'very ' * (number % 5)}{word} {number}", label])
    return path


def words(rows: Path, model: str, out: Path, *more: str) -> list[str]:
    text = f"compare --train {rows} --model {model} --train-size 16 --epochs 1 --workers 0"
    return [*text.split(), "--seeds", "2", "--out", str(out), *more]


def test_a_users_rows_are_compared_on(rows: Path, model: str, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(rows.read_text().replace("film", "book"))
    out = tmp_path / "out"
    result = call(*words(rows, model, out, "--ood", f"books={other}", "--label", "opinion"))
    assert result.exit_code == 0, result.output
    assert "2 methods x 2 seeds = 4 runs" in result.stdout
    records = [json.loads(path.read_text()) for path in (out / "runs").glob("*.json")]
    assert len(records) == 4
    assert {record["spec"]["task"] for record in records} == {"reviews"}
    assert {tuple(record["results"]) for record in records} == {("train", "reviews", "books")}
    assert not any(str(tmp_path) in json.dumps(record["spec"]["task"]) for record in records)
    study = json.loads((out / "study.json").read_text())
    assert study["command"].startswith(f"steadytune compare --train {rows}")
    again = call(*words(rows, model, out, "--ood", f"books={other}", "--label", "opinion"))
    assert "4 runs: 4 in" in again.stdout


def test_how_models_are_trained_is_taken_as_train_takes_it(
    rows: Path, model: str, tmp_path: Path
) -> None:
    given = "--method plain --warmup 0.3 --weight-decay 0 --precision bf16 --class-weights balanced"
    stop = "--patience 1 --dev-size 8 --set adam_beta2=0.98 --set max_grad_norm=2"
    out = tmp_path / "out"
    result = call(*words(rows, model, out, *given.split(), *stop.split()))
    assert result.exit_code == 0, result.output
    specs = [json.loads(path.read_text())["spec"] for path in (out / "runs").glob("*.json")]
    expected = {
        "warmup": 0.3,
        "weight_decay": 0.0,
        "precision": "bf16",
        "class_weights": "balanced",
        "patience": 1,
        "dev_size": 8,
        "settings": {"adam_beta2": 0.98, "max_grad_norm": 2.0},
    }
    assert [{name: spec[name] for name in expected} for spec in specs] == [expected] * 2


def test_every_training_option_of_train_is_one_of_compare() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    train, compare = ({p.name for p in commands[name].params} for name in ("train", "compare"))
    of_one_model = {"subset_seed", "seed", "keep", "file"}  # the file of compare is a study
    assert train - compare == of_one_model


def test_the_help_says_the_defaults_that_runs_have() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for command in ("train", "compare"):
        said = {p.name: p.help.partition("[default: ")[2] for p in commands[command].params}
        for name in ("warmup", "weight_decay", "batch_size"):
            assert float(said[name].rstrip("]")) == RUN_DEFAULTS[name], (command, name)
        assert said["learning_rate"].startswith("by the model: 1e-4 for minilm")
        assert usual_rate(Pretrained.find("minilm"))[0] == 1e-4
        more = f", or more where {FEWEST_EPOCHS:g} are fewer than {FEWEST_STEPS} steps]"
        assert said["epochs"] == f"{FEWEST_EPOCHS:g}{more}"
        assert said["class_weights"] == f"{RUN_DEFAULTS['class_weights']}]"
        given = {p.name: p.default for p in commands[command].params if p.name in RUN_DEFAULTS}
        assert given == dict.fromkeys(RUN_DEFAULTS)  # what is not given is left to the recipe
    options = TrainOptions(source=DataSource(task="rte"), out="model")
    assert {name: getattr(options, name) for name in RUN_DEFAULTS} == RUN_DEFAULTS


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--task", "rte"], ["both a task and training rows"]),
        (["--method", "lnrs"], ["did you mean lnsr"]),
        (["--method", "plain", "--method", "plain"], ["method plain appears twice"]),
        (["--method", "plain,lnsr,plain"], ["method plain appears twice"]),
        (["--method", "plain,"], ["empty method in 'plain,'"]),
        (["--seeds", "none"], ["seeds 'none'"]),
        (["--seeds", "010"], ["begins with 0"]),
        (["--subset-seeds", "1000000000"], ["expected 1 to 10000"]),
        (["--seeds", "10000", "--subset-seeds", "10000"], ["200,000,000 runs", "at most 20,000"]),
        (["--longer-plain", "0"], ["longer=0.0; expected a number above 0"]),
        (["--train-size", "4000"], ["train size 4000"]),
        (["--label", "opnion"], ["opnion", "opinion"]),
        (["--ood", "books"], ["books"]),
        (["--epochs", "0"], ["epochs"]),
        (["--ray", "local"], ["--ray and --workers"]),
        (["--cpus-per-run", "2"], ["--cpus-per-run", "--ray"]),
        (["--time-limit", "9"], ["--time-limit"]),
        (["--model", "./nowhere"], ["no model folder"]),
        (["--precision", "fp8"], ["precision", "'fp8'", "bf16"]),
        (["--class-weights", "some"], ["--class-weights", "'some'", "balanced"]),
        (["--warmup", "2"], ["--warmup 2.0", "0 to 1"]),
        (["--patience", "1"], ["--patience 1 needs validation rows; give a dev size too"]),
        (
            ["--dev-size", "5"],
            ["--dev-size 5 was given, but nothing is selected", "give --patience too"],
        ),
        (["--dev", "{rows}"], ["reviews.csv was given, but nothing is selected on it"]),
        (["--set", "adam_beta2"], ["expected FIELD=VALUE"]),
        (["--set", "adam_beta3=0.9"], ["did you mean adam_beta"]),
        (["--set", "bf16=true"], ["--precision"]),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    rows: Path, model: str, tmp_path: Path, more: list[str], expected: list[str]
) -> None:
    out = tmp_path / "out"
    more = [word.format(rows=rows) for word in more]
    require_one_line(call(*words(rows, model, out, *more)), *expected)
    assert not out.exists()


@pytest.mark.parametrize("quitting", [("lnsr",), ("plain", "lnsr")], ids=["one arm", "all arms"])
def test_an_arm_without_a_result_is_status_3_also_where_a_run_ends_the_program(
    rows: Path, model: str, tmp_path: Path, quitting: tuple[str, ...], monkeypatch: Any
) -> None:
    def quit_in(spec: RunSpec, *given: Any, **more: Any) -> None:
        if spec.method.startswith(quitting):
            sys.exit("enough")
        _fine_tune(spec, *given, **more)

    monkeypatch.setattr("steadytune.runs.run._fine_tune", quit_in)
    result = call(*words(rows, model, tmp_path / "out", "--label", "opinion"))
    assert result.exit_code == 3, result.output
    records = [json.loads(path.read_text()) for path in (tmp_path / "out" / "runs").glob("*.json")]
    assert len(records) == 4
    failed = [record for record in records if record["spec"]["method"].startswith(quitting)]
    assert {record["status"] for record in failed} == {"failed"}
    assert len(failed) == 2 * len(quitting)
    assert all("SystemExit: enough" in record["reason"] for record in failed)
    if len(quitting) == 1:
        line = "Every run of lnsr on reviews failed or diverged: the method has no result there."
        assert line in result.stdout and (tmp_path / "out" / "report.html").is_file()
    else:
        assert result.stderr.startswith("error: every run failed, so there is nothing to report")
        assert result.stderr.count("\n") == 1


def test_a_study_all_of_whose_runs_diverge_is_status_3_and_has_its_report(
    rows: Path, model: str, tmp_path: Path
) -> None:
    more = "--label opinion --method plain,lnsr --learning-rate 1e30"
    result = call(*words(rows, model, tmp_path / "out", *more.split()))
    assert result.exit_code == 3, result.output
    records = [json.loads(path.read_text()) for path in (tmp_path / "out" / "runs").glob("*.json")]
    assert [record["status"] for record in records] == ["diverged"] * 4
    for method in ("plain", "lnsr"):
        line = f"Every run of {method} on reviews failed or diverged: the method has no result"
        assert line in result.stdout
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_study_file_and_options_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("tasks: rte\nmethods: [plain]\nseeds: 3\n")
    require_one_line(call("compare", str(path), "--epochs", "3"), "--epochs", "study.yaml")
    require_one_line(call("compare", str(path), "--set", "adam_beta2=0.9"), "--set", "study.yaml")
    path.write_text("tasks: rte\nmethods: [plain]\nseds: 3\n")
    require_one_line(call("compare", str(path)), "unknown key seds; did you mean seeds")
    require_one_line(call("compare", str(tmp_path / "no.yaml")), "cannot be read")


def test_without_rows_it_says_what_to_give() -> None:
    require_one_line(call("compare"), "neither", "--task")


def test_generated_texts_are_compared(tmp_path: Path) -> None:
    train, test = tmp_path / "words.jsonl", tmp_path / "test.jsonl"
    write_pairs(train, 40, 0)
    write_pairs(test, 12, 1)
    out, t5 = tmp_path / "out", write_tiny_t5(tmp_path / "t5")
    shared = f"compare --train {train} --test {test} --model {t5} --kind seq2seq --workers 0"
    options = f"--seeds 2 --epochs 1 --max-new-tokens 5 --learning-rate 5e-3 --out {out}"
    result = call(*shared.split(), *options.split(), "--method", "plain,lnsr")
    assert result.exit_code == 0, result.output
    records = [json.loads(path.read_text()) for path in (out / "runs").glob("*.json")]
    assert len(records) == 4 and all(r["status"] == "ok" for r in records)
    assert {record["spec"]["layers"] for record in records} == {"both"}
    assert {record["spec"]["max_new_tokens"] for record in records} == {5}
    assert all(len(record["profile"]["after"]["ratio"]) == 2 for record in records)  # encoder's
    result = call("report", str(out))
    assert result.exit_code == 0, result.output
    text = (out / "report.html").read_text()
    assert "chrF" in text and "Disagreement between seeds" in text
    assert "Scores of ensembles of seeds" in text and "take the most typical text" in text
