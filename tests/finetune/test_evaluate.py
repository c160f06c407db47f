"""`steadytune evaluate` and `predict` of classifiers: labels by name, files of every format."""

from __future__ import annotations

import csv
import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
import pytest
import torch
from datasets import Dataset
from rich.console import Console
from safetensors.torch import load_file, save_file

from steadytune import DataError
from steadytune.finetune import load_saved, predict_columns, predict_file
from tests.finetune.toy_files import QUICK, steadytune, succeed, write_model, write_reviews


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of rows, and a trained model."""
    folder = tmp_path_factory.mktemp("reviews")
    files = {**write_reviews(folder), "model": folder / "trained", "folder": folder}
    succeed(
        *("train", "--train", files["train"], "--test", files["test"]),
        *("--model", write_model(folder), *QUICK, "--out", files["model"]),
    )
    return files


def scores(data: dict[str, Path], tmp_path: Path, *words: object) -> dict[str, dict[str, float]]:
    printed = succeed("evaluate", *words, "--json", tmp_path / "scores.json")
    assert f"Scores: {tmp_path / 'scores.json'}" in printed
    found = json.loads((tmp_path / "scores.json").read_text())
    return {name: part["scores"] for name, part in found["domains"].items()}


def test_evaluation_gives_what_the_training_recorded(data: dict[str, Path], tmp_path: Path) -> None:
    found = scores(data, tmp_path, data["model"], "--data", data["test"])
    record = json.loads((data["model"] / "record.json").read_text())
    recorded = record["results"][record["task"]["in_domain"]]
    assert found["test"] == pytest.approx(recorded, abs=1e-6)
    assert found["test"]["accuracy"] > 0.8


def test_intervals_hold_the_scores(data: dict[str, Path], tmp_path: Path) -> None:
    for name in ("test", "product"):
        lines = data[name].read_text().splitlines()
        # The model is right on every row, which has no interval: every third label is turned.
        for number in range(1, len(lines), 3):
            text, _, label = lines[number].rpartition(",")
            lines[number] = f"{text},{'negative' if label == 'positive' else 'positive'}"
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    further = f"product={tmp_path / 'product.csv'}"
    printed = succeed(
        *("evaluate", data["model"], "--data", tmp_path / "test.csv", "--ood", further),
        *("--eval-size", "20", "--json", tmp_path / "scores.json"),
    )
    assert "95 % interval" in printed and "your own examples: test, product" in printed
    for part in json.loads((tmp_path / "scores.json").read_text())["domains"].values():
        assert part["rows"] == 20
        interval = part["intervals"]["accuracy"]
        assert 0 < interval["low"] < part["scores"]["accuracy"] < interval["high"] < 1


def test_labels_are_matched_by_name(data: dict[str, Path], tmp_path: Path) -> None:
    text = data["test"].read_text().replace("negative", "NEGATIVE")
    (tmp_path / "test.csv").write_text(text)
    found = scores(data, tmp_path, data["model"], "--data", tmp_path / "test.csv")
    assert found["test"]["accuracy"] > 0.8


def test_other_labels_are_refused_naming_both(data: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("sentence,label\nthe film was good,happy\n")
    result = steadytune("evaluate", data["model"], "--data", tmp_path / "test.csv")
    assert result.exit_code == 2
    assert "happy" in result.stderr and "negative, positive" in result.stderr


def test_a_named_task_is_refused_where_its_labels_do_not_map(
    data: dict[str, Path], tmp_path: Path
) -> None:
    config = json.loads((data["model"] / "config.json").read_text())
    other = tmp_path / "other"
    other.mkdir()
    for path in data["model"].iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    config["id2label"] = {"0": "ham", "1": "spam"}
    (other / "config.json").write_text(json.dumps(config))
    result = steadytune("evaluate", other, "--data", data["test"])
    assert result.exit_code == 2 and "ham, spam" in result.stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "neither --task nor --data"),
        (("--task", "rte", "--data", "x.csv"), "both --task and --data"),
        (("--data", "nowhere.csv"), "nowhere.csv"),
        (("--data", "TEST", "--metric", "pearson"), "expected accuracy, f1, matthews"),
        (("--data", "TEST", "--ood", "tweets"), "NAME=FILE"),
        (("--data", "TEST", "--ood", "test=TEST"), "appears twice"),
        (("--data", "TEST", "--max-length", "400"), "max_length 400 is more than"),
        (("--data", "TEST", "--max-length", "0"), "max_length 0"),
        (("--data", "TEST", "--eval-size", "0"), "--eval-size 0"),
        (("--data", "TEST", "--eval-size", "-2"), "--eval-size -2"),
        (("--data", "TEST", "--json", "/nowhere/x.json"), "cannot write /nowhere/x.json"),
        (("--data", "TEST", "--text", "words"), "no column 'words': its columns are sentence"),
        (("--data", "TEST", "--label", "labels"), "no column 'labels': did you mean label?"),
    ],
)
def test_what_cannot_be_is_one_line(
    data: dict[str, Path], words: tuple[str, ...], reason: str
) -> None:
    given = [word.replace("TEST", str(data["test"])) for word in words]
    result = steadytune("evaluate", data["model"], *given)
    assert result.exit_code == 2
    assert reason in result.stderr and result.stderr.count("\n") == 1


def test_columns_are_guessed_in_a_file_beside_that_has_others(
    data: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "tweets.csv").write_text("tweet,class\nthe film was good,positive\n")
    printed = succeed(
        *("evaluate", data["model"], "--data", data["test"], "--text", "sentence"),
        *("--label", "label", "--ood", f"tweets={tmp_path / 'tweets.csv'}"),
    )
    assert "tweets.csv: 1 row; text: tweet; label: class" in printed


def predicted(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_predictions_stand_beside_the_rows_in_their_order(
    data: dict[str, Path], tmp_path: Path
) -> None:
    succeed("predict", data["model"], data["test"], "--out", tmp_path / "out.csv")
    rows, given = predicted(tmp_path / "out.csv"), predicted(data["test"])
    assert [row["sentence"] for row in rows] == [row["sentence"] for row in given]
    assert list(rows[0]) == [
        *("sentence", "label", "prediction", "probability_negative", "probability_positive")
    ]
    right = [row["prediction"] == row["label"] for row in rows]
    assert sum(right) / len(right) > 0.8
    for row in rows:
        each = [float(row["probability_negative"]), float(row["probability_positive"])]
        assert sum(each) == pytest.approx(1)
        assert row["prediction"] == ("negative", "positive")[each[1] > each[0]]


def test_blank_rows_that_predictions_move_up_by_are_said(
    data: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text('sentence\ngood\n\n""\nbad\n')
    result = steadytune(
        "predict", data["model"], tmp_path / "in.csv", "--out", tmp_path / "out.csv"
    )
    assert "in.csv: 2 blank rows left out" in " ".join(result.output.split())
    assert [row["sentence"] for row in predicted(tmp_path / "out.csv")] == ["good", "bad"]


def test_evaluation_takes_no_other_column_for_the_label(
    data: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("id,sentence\n1,good\n2,bad\n")
    result = steadytune("evaluate", data["model"], "--data", tmp_path / "in.csv")
    assert result.exit_code == 2 and result.stderr.count("\n") == 1
    assert "no column with a usual name for a label" in result.stderr


def test_rows_in_memory_are_predicted_as_a_file_is(data: dict[str, Path]) -> None:
    saved, quiet = load_saved(str(data["model"])), Console(quiet=True)
    columns = predict_file(saved, str(data["test"]), console=quiet).whole()
    given = {name: columns[name] for name in ("sentence", "label")}
    assert predict_columns(saved, given, console=quiet).whole() == columns
    frame = pandas.DataFrame(given)
    assert predict_columns(saved, frame, ("sentence",), console=quiet).whole() == columns


def test_taken_names_are_refused_before_anything_is_predicted(
    data: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadytune.finetune.predict.predict_rows", None)
    rows = {"sentence": ["the film was good"], "probability_positive": [1]}
    with pytest.raises(DataError, match="has a column 'probability_positive'"):
        predict_columns(load_saved(data["model"]), rows)


def test_rows_of_numpy_and_datasets_are_rows_of_python(data: dict[str, Path]) -> None:
    saved, quiet = load_saved(data["model"]), Console(quiet=True)
    given = {"sentence": ["the film was good", "the film was bad"], "id": [1, 2]}
    found = predict_columns(saved, given, console=quiet).whole()
    arrays = {name: np.array(column) for name, column in given.items()}
    for other in (arrays, Dataset.from_dict(given), pandas.DataFrame(given)):
        again = predict_columns(saved, other, "sentence", console=quiet).whole()
        assert again == found and type(again["id"][0]) is int


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("Good.", "rows were given as str; expected columns"),
        (3, "rows were given as int; expected columns"),
        (None, "rows were given as NoneType; expected columns"),
        (["Good.", "Bad."], "rows were given as list; expected columns"),
        ({"text": "Good."}, "column 'text' is 'Good.'; expected a list"),
        ({"text": ["Good."], "id": 3}, "column 'id' is 3; expected a list"),
        (pandas.DataFrame([["a", "b"]], columns=["text", "text"]), "column 'text' appears twice"),
        ({}, "there are no rows to predict for: expected one or more"),
        ({"text": []}, "there are no rows to predict for: expected one or more"),
        ({"text": ["a", None]}, "the table, row 2, column 'text' is empty"),
        ({"text": ["a"], "id": []}, "different numbers of rows: text 1, id 0"),
        ({"text": ["a"], "prediction": [1]}, "the table has a column 'prediction'"),
        ({"id": [1]}, "the table has no column of text"),
    ],
)
def test_rows_in_memory_that_cannot_be_are_one_line(
    data: dict[str, Path], columns: Any, words: str
) -> None:
    with pytest.raises(DataError) as caught:
        predict_columns(load_saved(str(data["model"])), columns, console=Console(quiet=True))
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["tsv", "jsonl", "parquet"])
def test_formats_follow_the_suffix(data: dict[str, Path], tmp_path: Path, suffix: str) -> None:
    first = tmp_path / f"first.{suffix}"
    succeed("predict", data["model"], data["test"], "--out", first)
    # What was written is read again: its own columns then have to be renamed.
    result = steadytune("predict", data["model"], first, "--text", "sentence")
    assert result.exit_code == 2 and "'prediction'" in result.stderr


def test_without_out_rows_are_printed_and_nothing_else(data: dict[str, Path]) -> None:
    result = steadytune("predict", data["model"], data["test"])
    lines = result.stdout.splitlines()
    assert len(lines) == 71 and lines[0].startswith("sentence,label,prediction,")


def test_cells_that_json_has_no_type_for_are_text(data: dict[str, Path], tmp_path: Path) -> None:
    day = datetime.date(2020, 1, 2)
    columns = {"text": ["good"], "day": [day], "days": [[day]], "price": [Decimal("1.50")]}
    table = pyarrow.table({**columns, "rate": [float("nan")]})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    row = json.loads(steadytune("predict", data["model"], tmp_path / "rows.parquet").stdout)
    assert (row["day"], row["days"], row["price"]) == ("2020-01-02", ["2020-01-02"], "1.50")
    assert row["rate"] is None


def test_what_was_written_is_said_and_replaced_only_by_force(
    data: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    rows = tmp_path / "rows.csv"
    rows.write_text("sentence,id\nthe film was good,1\n,2\nthe film was bad,3\n")
    words = ("predict", data["model"], rows, "--out", out)
    result = steadytune(*words, "--skip-bad")
    assert f"2 rows with predictions: {out}" in result.stderr
    assert "1 bad row left out: line 3, column 'sentence' is empty" in result.stderr
    assert [row["id"] for row in predicted(out)] == ["1", "3"]
    out.write_text("mine")
    assert steadytune(*words, "--skip-bad").exit_code == 2 and out.read_text() == "mine"
    assert steadytune(*words, "--skip-bad", "--force").exit_code == 0
    assert len(predicted(out)) == 2


def test_a_label_is_not_needed(data: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text('{"text": "the film was good", "n": [1]}\n')
    printed = steadytune("predict", data["model"], tmp_path / "texts.jsonl").stdout
    row = json.loads(printed)
    assert row["n"] == [1] and row["prediction"] == "positive"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nowhere.csv",), "nowhere.csv"),
        (("TEST", "--out", "x.docx"), "expected one of .csv, .tsv"),
        (("TEST", "--out", "/nowhere/x.csv"), "cannot write"),
        (("TEST", "--out", "TEST"), "is there already; give another --out, or --force"),
        (("TEST", "--text", "words"), "words"),
    ],
)
def test_what_cannot_be_predicted_is_one_line(
    data: dict[str, Path], words: tuple[str, ...], reason: str
) -> None:
    given = [word.replace("TEST", str(data["test"])) for word in words]
    result = steadytune("predict", data["model"], *given)
    assert result.exit_code == 2 and reason in result.stderr
    assert "Traceback" not in result.output


def test_a_model_that_is_not_ours_is_evaluated_too(data: dict[str, Path], tmp_path: Path) -> None:
    """Weights, configuration and tokenizer are enough; classes without names go by number."""
    other = tmp_path / "other"
    other.mkdir()
    for name in ("model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (other / name).write_bytes((data["model"] / name).read_bytes())
    config = json.loads((data["model"] / "config.json").read_text())
    for name in ("id2label", "label2id", "problem_type"):
        config.pop(name, None)
    (other / "config.json").write_text(json.dumps(config))
    text = data["test"].read_text().replace("negative", "0").replace("positive", "1")
    (tmp_path / "test.csv").write_text(text)
    found = scores(data, tmp_path, other, "--data", tmp_path / "test.csv")
    assert found["test"]["accuracy"] > 0.8


def test_a_pytorch_built_for_a_gpu_that_is_not_there(
    data: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert load_saved(str(data["model"])).models[0].device.type == "cpu"


def test_weights_that_are_not_finite_are_refused(data: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in data["model"].iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    weights = load_file(other / "model.safetensors")
    weights["classifier.weight"] *= float("nan")
    save_file(weights, other / "model.safetensors", {"format": "pt"})
    result = steadytune("predict", other, data["test"])
    assert result.exit_code == 2 and "not finite" in result.stderr
