"""Rows to evaluate a saved model on: which labels and columns they are taken by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from steadytune import ConfigError, DataError
from steadytune.finetune import load_saved, rows_of_files
from steadytune.finetune.evaluation_rows import label_map_of, rows_of_task
from steadytune.finetune.saved import SavedModel
from steadytune.tasks import DataSource
from steadytune.tasks.files.columns import Columns
from tests.finetune.toy_files import (
    QUICK,
    steadytune,
    succeed,
    write_model,
    write_optional_questions,
    write_questions,
    write_reviews,
)


def model(*names: str, **known: Any) -> SavedModel:
    """A model of these classes; its weights are not needed."""
    return SavedModel("mine", "classification", names, (), None, **known)


def file(path: Path, *labels: object) -> str:
    rows = [f"text {number},{label}" for number, label in enumerate(labels)]
    path.write_text("\n".join(["text,label", *rows]))
    return str(path)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("1", "2", "3", "4", "5"), (0, 1, 2, 3, 4)),
        (("-1", "0", "1"), (0, 1, 2)),
        (("0", "4"), (0, 1)),
    ],
)
def test_numbers_are_no_places_where_classes_are_named_by_numbers(
    names: tuple[str, ...], labels: tuple[int, ...], tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="`map=OLD=NEW` says which class") as caught:
        rows_of_files(model(*names), {"x": file(tmp_path / "x.csv", *labels)})
    assert "\n" not in str(caught.value)


def test_numbers_are_places_elsewhere_and_it_is_said(tmp_path: Path) -> None:
    found = rows_of_files(model("neg", "pos"), {"x": file(tmp_path / "x.csv", 0, 1, 1)})
    assert found.splits["x"]["label"][:] == [0, 1, 1]
    (note,) = found.notes
    assert note.endswith("numbers are positions among the classes: 0 neg, 1 pos")


def test_questions_that_all_have_an_answer_are_those_of_either_kind(tmp_path: Path) -> None:
    answered = DataSource(train=str(write_questions(tmp_path)["train"]))
    found = rows_of_task(SavedModel("mine", "qa_no_answer", (), (), None), answered)
    assert all(answers["text"] for rows in found.splits.values() for answers in rows["answers"])
    lacking = DataSource(train=str(write_optional_questions(tmp_path)["train"]))
    with pytest.raises(ConfigError, match=r"is a model for qa, and train.jsonl is qa_no_answer"):
        rows_of_task(SavedModel("mine", "qa", (), (), None), lacking)


def test_other_names_are_mapped(tmp_path: Path) -> None:
    where = {"x": file(tmp_path / "x.csv", "negative", "positive")}
    label_map = label_map_of(["negative=neg", "positive = pos"])
    found = rows_of_files(model("neg", "pos"), where, label_map=label_map)
    assert found.splits["x"]["label"][:] == [0, 1]
    with pytest.raises(ConfigError, match="the class 'negativ', which the model does not have"):
        rows_of_files(model("neg", "pos"), where, label_map={"negative": "negativ"})
    for pairs in (["negative"], ["=neg"], ["a=neg", "a=pos"]):
        with pytest.raises(ConfigError, match=r"expected OLD=NEW|appears twice"):
            label_map_of(pairs)


def test_the_positive_class_goes_by_name(tmp_path: Path) -> None:
    where = {"x": file(tmp_path / "x.csv", "neg", "pos")}
    for names in (("neg", "pos"), ("pos", "neg")):
        assert rows_of_files(model(*names), where).positive == "pos"
        assert rows_of_files(model(*names, positive="neg"), where).positive == "neg"
        assert rows_of_files(model(*names), where, positive="neg").positive == "neg"
    with pytest.raises(ConfigError, match="positive='good' is not one of two classes"):
        rows_of_files(model("neg", "pos"), where, positive="good")
    numbers = {"x": file(tmp_path / "n.csv", 9, 10)}
    assert rows_of_files(model("10", "9"), numbers).positive == "10"


def test_trained_columns_come_before_guesses(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("title,body,label\none,two,neg\nthree,four,pos\n")
    (tmp_path / "y.csv").write_text("body,label\nfive,neg\nsix,pos\n")
    saved = model("neg", "pos", columns=("text",), read_from=Columns(("title",), "label"))
    files = {name: str(tmp_path / f"{name}.csv") for name in ("x", "y")}
    found = rows_of_files(saved, files)
    assert found.splits["x"]["text"][:] == ["one", "three"]
    assert "text: title" in found.notes[0]
    assert found.splits["y"]["text"][:] == ["five", "six"]
    assert found.notes[2].startswith("warning: trained on title, which is not all there; body is")
    given = rows_of_files(saved, {"x": files["x"]}, text="body")
    assert given.splits["x"]["text"][:] == ["two", "four"] and len(given.notes) == 1


def test_pairs_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("premise,hypothesis,label\na,b,neg\nc,d,pos\n")
    read_from = Columns(("hypothesis", "premise"), "label")
    saved = model("neg", "pos", columns=("sentence1", "sentence2"), read_from=read_from)
    rows = rows_of_files(saved, {"x": str(tmp_path / "x.csv")}).splits["x"]
    assert (rows["sentence1"][:], rows["sentence2"][:]) == (["b", "d"], ["a", "c"])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("columns")
    files = write_reviews(folder)
    for name in ("train", "test"):
        lines = files[name].read_text().splitlines()
        rows = [f"a text,{line}" for line in lines[1:]]
        files[name].write_text("\n".join([f"text,{lines[0]}", *rows]))
    words = ("train", "--train", files["train"], "--test", files["test"], "--text", "sentence")
    out = folder / "trained"
    succeed(*words, "--model", write_model(folder), *QUICK, "--out", out)
    return {**files, "model": out}


def test_a_saved_model_knows_its_columns(trained: dict[str, Path], tmp_path: Path) -> None:
    saved = load_saved(trained["model"])
    assert saved.read_from == Columns(("sentence",), "label")
    assert saved.positive == "positive"
    scores = tmp_path / "scores.json"
    succeed("evaluate", trained["model"], "--data", trained["test"], "--json", scores)
    assert json.loads(scores.read_text())["domains"]["test"]["scores"]["accuracy"] > 0.8
    predicted = steadytune("predict", trained["model"], trained["test"]).stdout.splitlines()[1:]
    assert sum("negative,negative" in row or "positive,positive" in row for row in predicted) > 55


def test_f1_is_the_same_whatever_the_order_of_outputs(
    trained: dict[str, Path], tmp_path: Path
) -> None:
    """A model with its two outputs swapped, and no record beside it."""
    from safetensors.torch import load_file, save_file

    found = {}
    for name in ("kept", "turned"):
        folder = tmp_path / name
        shutil.copytree(trained["model"], folder, ignore=shutil.ignore_patterns("record.json"))
        if name == "turned":
            weights = load_file(folder / "model.safetensors")
            for key in ("classifier.weight", "classifier.bias"):
                weights[key] = weights[key].flip(0).contiguous()
            save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
            config = json.loads((folder / "config.json").read_text())
            config["id2label"] = {"0": "positive", "1": "negative"}
            config["label2id"] = {"positive": 0, "negative": 1}
            (folder / "config.json").write_text(json.dumps(config))
        words = ("--data", trained["test"], "--text", "sentence")
        for positive in ("positive", "negative"):
            printed = succeed("evaluate", folder, *words, "--positive", positive)
            (line,) = (line for line in printed.splitlines() if f"f1 ({positive})" in line)
            found[name, positive] = line
        assert "f1 (positive)" in succeed("evaluate", folder, *words)
    for positive in ("positive", "negative"):
        assert found["kept", positive] == found["turned", positive]


def test_a_label_of_another_name_is_a_guess_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text,rating\none,neg\ntwo,pos\n")
    (tmp_path / "y.csv").write_text("id,text\n1,one\n2,two\n")
    files = {name: str(tmp_path / f"{name}.csv") for name in ("x", "y")}
    saved = model("neg", "pos", columns=("text",), read_from=Columns(("text",), "verdict"))
    found = rows_of_files(saved, {"x": files["x"]})
    assert found.notes[1].startswith("warning: ") and "'rating' is a guess" in found.notes[1]
    with pytest.raises(DataError, match=r"x.csv has no column 'verdict'"):
        rows_of_files(saved, {"x": files["x"]}, label="verdict")
    assert len(rows_of_files(saved, {"x": files["x"]}, label="rating").notes) == 1
    with pytest.raises(DataError, match=r"y.csv has no column with a usual name for a label"):
        rows_of_files(saved, {"y": files["y"]})
