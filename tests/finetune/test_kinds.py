"""Regression and question answering: trained, evaluated and used to predict."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from steadytune import evaluate
from steadytune.tasks import DataSource
from tests.finetune.toy_files import (
    QUICK,
    steadytune,
    succeed,
    write_grades,
    write_model,
    write_moods,
    write_optional_questions,
    write_questions,
    write_ratings,
    write_sentences,
)

NULL = "null_score_diff_threshold"


def train(folder: Path, files: dict[str, Path], *options: object) -> Path:
    succeed(
        *("train", "--train", files["train"], "--test", files["test"]),
        *("--model", write_model(folder), *QUICK, *options, "--out", folder / "trained"),
    )
    return folder / "trained"


def record_of(model: Path) -> Any:
    return json.loads((model / "record.json").read_text())


def recorded(model: Path) -> Any:
    """What the training scored in its domain."""
    record = record_of(model)
    return record["results"][record["task"]["in_domain"]]


def evaluated(model: Path, data: Path) -> tuple[Any, str]:
    """What `evaluate` finds in a file, and what it prints."""
    scores = model.parent / "scores.json"
    printed = succeed("evaluate", model, "--data", data, "--json", scores)
    return json.loads(scores.read_text())["domains"][data.stem], printed


def predicted(model: Path, data: Path) -> list[Any]:
    return [json.loads(row) for row in steadytune("predict", model, data).stdout.splitlines()]


def test_numbers(tmp_path: Path) -> None:
    files = write_ratings(tmp_path)
    model = train(tmp_path, files)
    record = record_of(model)
    assert record["task"]["kind"] == "regression"
    found, _ = evaluated(model, files["test"])
    assert found["scores"] == pytest.approx(recorded(model), abs=1e-5)
    assert found["intervals"]["pearson"]["low"] < found["scores"]["pearson"]
    assert isinstance(predicted(model, files["test"])[0]["prediction"], float)
    result = steadytune("evaluate", model, "--task", "rte")
    assert result.exit_code == 2 and "\n" not in result.stderr.strip()


@pytest.mark.parametrize(
    "more", [(), ("--seeds", "2", "--keep", "ensemble")], ids=["one", "ensemble"]
)
def test_grades(tmp_path: Path, more: tuple[str, ...]) -> None:
    files = write_grades(tmp_path)
    options = "--kind", "ordinal", "--label", "stars", "--epochs", "30", *more
    model = train(tmp_path, files, *options)
    record = record_of(model)
    assert (record["task"]["kind"], record["task"]["metric"]) == ("ordinal", "qwk")
    assert record["task"]["label_names"] == ["2", "3", "5"]
    scored = record["results"]["test"]
    assert record["results"]["train"]["qwk"] > 0.3 > record["task"]["constant"]["train"] == 0.0
    config = json.loads(next(model.glob("**/config.json")).read_text())
    assert config["grades"] == [2, 3, 5] and config["problem_type"] == "regression"
    (model / "record.json").unlink()  # what is needed is in the model itself
    found, printed = evaluated(model, files["test"])
    assert "no training example has the grade 1, so it is never predicted" in printed
    assert found["scores"] == pytest.approx(scored, abs=1e-5)
    assert set(found["intervals"]) == {"qwk", "accuracy"}
    succeed("predict", model, files["test"], "--out", tmp_path / "rows.jsonl")
    for row in map(json.loads, (tmp_path / "rows.jsonl").read_text().splitlines()):
        near = min(config["grades"], key=lambda grade: abs(grade - row["raw_prediction"]))
        assert row["prediction"] == near
    for options in (("--map", "2=3"), ("--positive", "3")):
        result = steadytune("evaluate", model, "--data", files["test"], *options)
        assert result.exit_code == 2 and "\n" not in result.stderr.strip()


def test_several_labels_a_text(tmp_path: Path) -> None:
    files = write_moods(tmp_path)
    validation = tmp_path / "validation.jsonl"
    validation.write_text("".join(files["test"].read_text().splitlines(keepends=True)[:34]))
    test = tmp_path / "held.jsonl"
    test.write_text("".join(files["test"].read_text().splitlines(keepends=True)[34:]))
    model = train(
        *(tmp_path, {**files, "test": test}, "--validation", validation, "--dev-size", "16"),
        *("--method", "rdrop", "--patience", "9", "--epochs", "30", "--learning-rate", "2e-2"),
    )
    record = record_of(model)
    assert (record["task"]["kind"], record["task"]["metric"]) == ("multilabel", "f1_micro")
    threshold = record["findings"]["decision_threshold"]
    assert json.loads((model / "config.json").read_text())["decision_threshold"] == threshold
    assert record["results"]["train"]["f1_micro"] > record["task"]["constant"]["train"]
    found, printed = evaluated(model, test)
    assert f"decision_threshold {threshold:.4g}" in printed
    assert found["scores"] == pytest.approx(recorded(model), abs=1e-5)
    assert found["intervals"]["f1_micro"]["low"] < found["scores"]["f1_micro"]
    rows = predicted(model, test)
    for row in rows:
        held = [n for n in ("bad", "film", "good", "plot") if row[f"probability_{n}"] >= threshold]
        assert row["prediction"] == "|".join(held)
    saved = AutoModelForSequenceClassification.from_pretrained(model)
    assert saved.config.problem_type == "multi_label_classification"


@pytest.mark.parametrize("keep", ["ensemble", "soup"])
@pytest.mark.parametrize(
    ("write", "near"),
    [
        (write_moods, partial(pytest.approx, abs=1e-5)),
        (write_sentences, pytest.approx),
        (write_optional_questions, dict),
    ],
    ids=["labels", "tags", "questions"],
)
def test_several_models(tmp_path: Path, write: Any, near: Any, keep: str) -> None:
    files = write(tmp_path)
    model = train(tmp_path, files, "--seeds", "2", "--keep", keep, "--dev-size", "12")
    found, _ = evaluated(model, files["test"])
    assert found["scores"] == near(recorded(model))


def test_a_study_chooses_the_threshold_on_validation_rows(tmp_path: Path) -> None:
    files = write_moods(tmp_path)
    succeed(
        *("compare", "--train", files["train"], "--test", files["test"], "--seeds", "2"),
        *(
            "--model",
            write_model(tmp_path),
            *QUICK,
            "--dev-size",
            "12",
            "--out",
            tmp_path / "study",
        ),
    )
    records = [json.loads(p.read_text()) for p in (tmp_path / "study" / "runs").glob("*.json")]
    assert records
    assert all(0 < record["findings"]["decision_threshold"] < 1 for record in records)


def test_tags(tmp_path: Path) -> None:
    files = write_sentences(tmp_path)
    model = train(tmp_path, files, "--method", "rdrop", "--dev-size", "12", "--epochs", "2")
    record = record_of(model)
    assert (record["task"]["kind"], record["task"]["metric"]) == ("tagging", "f1")
    assert 1 > recorded(model)["f1"] > 0.5 > record["task"]["constant"]["test"] == 0.0
    found, _ = evaluated(model, files["test"])
    assert found["scores"] == pytest.approx(recorded(model))
    assert found["intervals"]["f1"]["low"] <= found["scores"]["f1"]
    rows = predicted(model, files["test"])
    assert all(len(row["prediction"].split()) == len(row["tokens"]) for row in rows)
    saved = AutoModelForTokenClassification.from_pretrained(model)
    assert [*saved.config.id2label.values()] == ["O", "B-bad", "B-good", "B-thing"]


def test_words_that_are_cut_off_count_as_outside(tmp_path: Path) -> None:
    files = write_sentences(tmp_path)
    model = train(tmp_path, files)
    printed = succeed("evaluate", model, "--data", files["test"], "--max-length", "4")
    assert "and so tagged O: " in printed


def test_an_unknown_tag_is_refused(tmp_path: Path) -> None:
    files = write_sentences(tmp_path)
    model = train(tmp_path, files)
    other = tmp_path / "other.conll"
    other.write_text("the O\nfilm B-film\n")
    result = steadytune("evaluate", model, "--data", other)
    assert result.exit_code == 2 and "\n" not in result.stderr.strip()
    assert "has the tag 'B-film'" in result.stderr
    succeed("evaluate", model, "--data", other, "--map", "B-film=B-thing")


def test_answers(tmp_path: Path) -> None:
    files = write_questions(tmp_path)
    model = train(tmp_path, files, "--method", "smart:strength=0.1")
    record = record_of(model)
    assert record["task"]["kind"] == "qa" and record["task"]["metric"] == "f1"
    found = evaluated(model, files["test"])[0]["scores"]
    assert found == recorded(model)
    assert found["f1"] > 0.5
    rows = predicted(model, files["test"])
    assert all(row["prediction"] in row["context"] for row in rows)
    assert all(isinstance(row["score"], float) for row in rows)
    AutoModelForQuestionAnswering.from_pretrained(model)


def test_an_ensemble_answers(tmp_path: Path) -> None:
    files = write_questions(tmp_path)
    model = train(
        *(tmp_path, files, "--epochs", "1", "--seeds", "2", "--keep", "ensemble"),
    )
    record = record_of(model)
    assert record["selection"]["taken"] == [1, 2]
    found = evaluated(model, files["test"])[0]["scores"]
    assert found == recorded(model)


def test_answers_and_none(tmp_path: Path) -> None:
    files = write_optional_questions(tmp_path)
    model = train(tmp_path, files, "--dev-size", "12", "--patience", "9", "--epochs", "12")
    assert "| HasAns exact | HasAns f1 | NoAns exact |" in (model / "README.md").read_text()
    record = record_of(model)
    assert (record["task"]["kind"], record["task"]["metric"]) == ("qa_no_answer", "f1")
    threshold = record["findings"][NULL]
    assert json.loads((model / "config.json").read_text())[NULL] == threshold
    scored = recorded(model)
    assert scored["f1"] > record["task"]["constant"]["test"] == 0.5
    assert scored["f1"] == pytest.approx((scored["HasAns_f1"] + scored["NoAns_f1"]) / 2)
    found, printed = evaluated(model, files["test"])
    assert f"{NULL} {threshold:.4g}" in printed
    assert found["scores"] == scored
    rows = predicted(model, files["test"])
    for row in rows:
        assert (row["prediction"] == "") == (row["null_score_diff"] > threshold)
    answered = write_questions(tmp_path)["test"]
    printed = succeed("evaluate", model, "--data", answered)
    assert "0 without an answer" in printed
    named = DataSource(train=str(answered), kind="qa")
    (scored,) = evaluate(model, named, console=Console(quiet=True))
    assert scored.scores["NoAns_f1"] is None


def test_a_model_that_never_answers_did_not_learn(tmp_path: Path) -> None:
    files = write_optional_questions(tmp_path)
    model = train(tmp_path, files, "--epochs", "1", "--learning-rate", "1e-9", "--dev-size", "12")
    printed = succeed("evaluate", model, "--data", files["test"])
    record = record_of(model)
    assert record["results"]["test"]["NoAns_f1"] == 1.0, printed
    assert record["results"]["test"]["f1"] == record["task"]["constant"]["test"]


def test_a_model_of_answers_alone_refuses_questions_without_any(tmp_path: Path) -> None:
    model = train(tmp_path, write_questions(tmp_path), "--epochs", "1")
    assert NULL not in json.loads((model / "config.json").read_text())
    result = steadytune("evaluate", model, "--data", write_optional_questions(tmp_path)["test"])
    assert result.exit_code == 2 and "\n" not in result.stderr.strip()
    assert "has no answer: expected one or more" in result.stderr


def test_a_study_of_questions_without_answer(tmp_path: Path) -> None:
    files, out = write_optional_questions(tmp_path), tmp_path / "study"
    succeed(
        *("compare", "--train", files["train"], "--test", files["test"], "--seeds", "2"),
        *("--model", write_model(tmp_path), *QUICK, "--dev-size", "12", "--out", out),
    )
    records = [json.loads(p.read_text()) for p in (out / "runs").glob("*.json")]
    assert records and all(NULL in record["findings"] for record in records)
    succeed("report", out)


@pytest.mark.parametrize(
    ("write", "options", "message"),
    [
        (write_ratings, ("--class-weights", "balanced"), "balanced class weights need classes"),
        (
            write_moods,
            ("--kind", "multilabel", "--set", "label_smoothing_factor=0.1"),
            "label smoothing needs classes",
        ),
    ],
    ids=["weights", "smoothing"],
)
def test_what_needs_classes(
    tmp_path: Path, write: Any, options: tuple[str, ...], message: str
) -> None:
    files = write(tmp_path)
    result = steadytune(
        *("train", "--train", files["train"], "--test", files["test"], "--model"),
        *(write_model(tmp_path), *QUICK, *options),
        *("--out", tmp_path / "out"),
    )
    assert result.exit_code == 2 and message in result.stderr
    assert not (tmp_path / "out").exists()
