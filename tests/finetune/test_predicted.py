"""Rows with predictions as files: what is written, and what is refused before."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.finetune.predicted import (
    Predicted,
    PredictedRows,
    require_tags,
    require_writable,
    write_rows,
)
from steadytune.tasks.files import read_unlabelled


def test_a_file_that_cannot_be_written_is_found_before_the_model_is_read(tmp_path: Path) -> None:
    for out, reason in (
        (tmp_path / "no" / "x.csv", "not a folder that can be"),
        (tmp_path, "there"),
    ):
        with pytest.raises(ConfigError, match=reason):
            require_writable(out, replace=False)
    with pytest.raises(ConfigError, match="is a folder"):
        require_writable(tmp_path, replace=True)


@pytest.mark.parametrize(
    "words",
    [["Ada Lovelace  wrote", "home"], [["Ada", "Lovelace", "wrote"], ["home"]]],
    ids=["text", "lists"],
)
def test_tagged_words_are_written_as_conll_has_them(tmp_path: Path, words: list[object]) -> None:
    columns = {"id": [1, 2], "tags": words, "said": words}
    tags = {"prediction": ["B-x I-x O", "O"], "lowest_probability": [0.5, 0.9]}
    out = tmp_path / "said.conll"
    write_rows(Predicted({**columns, **tags}, ("said",), "tagging"), out)
    assert out.read_text() == "Ada B-x\nLovelace I-x\nwrote O\n\nhome O\n"
    again = read_unlabelled(str(out)).columns
    assert again == {
        "tokens": [["Ada", "Lovelace", "wrote"], ["home"]],
        "tags": [["B-x", "I-x", "O"], ["O"]],
    }


def test_a_word_that_holds_blanks_stays_one(tmp_path: Path) -> None:
    write_rows(
        Predicted({"w": [["New York"]], "prediction": ["B-x"]}, ("w",), "tagging"),
        tmp_path / "x.conll",
    )
    assert (tmp_path / "x.conll").read_text() == "New_York B-x\n"


def test_conll_is_for_tags_of_words_alone(tmp_path: Path) -> None:
    require_tags("x.csv", "classification", "m")
    require_tags("x.CONLL", "tagging", "m")
    with pytest.raises(
        ConfigError, match=r"x\.conll has a tag for each word, and m is a model for"
    ):
        require_tags("x.conll", "classification", "m")
    with pytest.raises(ConfigError, match="expected those of `predict`"):
        write_rows({"text": ["a"], "prediction": ["b"]}, tmp_path / "x.conll")
    classes = Predicted({"text": ["a"], "prediction": ["good"]}, ("text",), "classification")
    with pytest.raises(ConfigError, match="with a model that tags words"):
        write_rows(classes, tmp_path / "x.conll")
    assert not (tmp_path / "x.conll").exists()


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_carriage_returns_stay_in_their_field(tmp_path: Path, suffix: str) -> None:
    columns = {"text": ["a\rb", "c\nd", "e\r\nf", "g"], "prediction": ["x", "y", "x", "y"]}
    out = tmp_path / f"said.{suffix}"
    write_rows(columns, out)
    assert out.read_bytes().endswith(b"y\n") and b"x\r" not in out.read_bytes()
    assert read_unlabelled(str(out)).columns == columns


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_rows_written_in_pieces_are_those_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr("steadytune.finetune.predicted._CELLS", 9)  # three rows of three cells
    own = {"text": list("abcdefg"), "rank": [None, None, None, 1, 2, 3, 0.5]}
    said = {"value": np.arange(7, dtype=np.float32)}
    rows = PredictedRows(own, said, lambda p: {"prediction": p["value"].tolist()}, ("text",), "x")
    assert [len(piece["text"]) for piece in rows.pieces()] == [3, 3, 1]
    write_rows(rows, tmp_path / f"pieces.{suffix}")
    write_rows(rows.whole(), tmp_path / f"whole.{suffix}")
    pieces, whole = (read_unlabelled(str(tmp_path / f"{n}.{suffix}")) for n in ("pieces", "whole"))
    assert pieces.columns == whole.columns and len(whole) == len(rows) == 7


def test_sentences_written_in_pieces_have_an_empty_line_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadytune.finetune.predicted._CELLS", 2)
    tags = {"tags": np.array(["O", "B-x O", "O"])}
    rows = PredictedRows(
        {"said": ["a", "b c", "d"]},
        tags,
        lambda p: {"prediction": p["tags"].tolist()},
        ("said",),
        "tagging",
    )
    write_rows(rows, tmp_path / "x.conll")
    assert (tmp_path / "x.conll").read_text() == "a O\n\nb B-x\nc O\n\nd O\n"


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_no_rows_are_a_file_with_the_columns(tmp_path: Path, suffix: str) -> None:
    rows = PredictedRows({"text": []}, {}, lambda _: {"prediction": []}, ("text",), "x")
    write_rows(rows, tmp_path / f"x.{suffix}")
    assert b"prediction" in (tmp_path / f"x.{suffix}").read_bytes()


@pytest.mark.exhaustive
def test_thousands_of_classes_take_little_memory(tmp_path: Path) -> None:
    shares = np.random.default_rng(0).random((300, 5000))

    def readable(said: dict[str, Any]) -> dict[str, list[float]]:
        return {f"probability_{i}": column.tolist() for i, column in enumerate(said["logits"].T)}

    rows = PredictedRows({"text": ["x"] * 300}, {"logits": shares}, readable, ("text",), "x")
    tracemalloc.start()
    write_rows(rows, tmp_path / "x.csv")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # As numbers of Python's all of them take 36 MB, and as text in CSV another 60.
    assert most < 30e6
