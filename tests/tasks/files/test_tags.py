"""Rows of words and tags, as lists in columns or as texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from steadytune import DataError
from steadytune.tasks import DataSource
from steadytune.tasks.files._table import Table
from steadytune.tasks.files.rows import training_rows, unlabelled_rows


def table(**columns: Any) -> Table:
    return Table("t", columns, range(1, len(next(iter(columns.values()))) + 1))


def test_lists_are_guessed_to_be_tagged() -> None:
    rows = training_rows(table(tokens=[["Ada", "sat"], ["so"]], tags=[["B-per", "O"], ["O"]]))
    assert rows.target.kind == "tagging" and rows.target.label_names == ("O", "B-per")
    assert rows.dataset["tokens"][:] == ["Ada sat", "so"]
    assert rows.dataset["label"][:] == ["B-per O", "O"]
    assert rows.notes == ("t: 2 rows; text: tokens; tags: tags (O, B-per)",)


def test_columns_can_be_named_and_be_text() -> None:
    given = table(a=["Ada  sat"], b=["S-per O"])
    rows = training_rows(given, ("a",), "b", "tagging")
    assert rows.dataset[0] == {"tokens": "Ada sat", "label": "S-per O", "idx": 0}


def test_lists_in_text_are_lists() -> None:
    given = table(tokens=["['New', 'York']", '["so"]'], tags=["['B-loc', 'I-loc']", '["O"]'])
    assert training_rows(given).dataset["tokens"][:] == ["New York", "so"]
    assert unlabelled_rows(given, ("tokens",)).dataset["tokens"][:] == ["New York", "so"]
    with pytest.raises(DataError, match="a list such as"):
        training_rows(table(tokens=["['New' York]"], tags=["['O']"]))


def test_tags_stand_by_type_with_outside_first() -> None:
    tags = [["I-loc", "B-loc", "O", "S-art", "E-loc"]]
    rows = training_rows(table(tokens=[[*"abcde"]], tags=tags))
    assert rows.target.label_names == ("O", "S-art", "B-loc", "I-loc", "E-loc")


def test_numbers_have_the_names_of_the_file(tmp_path: Path) -> None:
    tags = List(ClassLabel(names=["B-loc", "O", "I-loc"]))
    types = Features({"tokens": List(Value("string")), "ner_tags": tags})
    rows = {"tokens": [["in", "York"]] * 12, "ner_tags": [[1, 0]] * 12}
    rows["tokens"] = [[word, str(n)] for n, (word, _) in enumerate(rows["tokens"])]
    Dataset.from_dict(rows, features=types).to_parquet(tmp_path / "t.parquet")
    task = DataSource(train=str(tmp_path / "t.parquet")).load()
    assert task.label_names == ("B-loc", "O", "I-loc")
    assert set(task.train["label"][:]) == {"O B-loc"}


def test_blanks_within_words_are_replaced_and_said() -> None:
    rows = training_rows(table(tokens=[["New York", "!"]], tags=[["B-loc", "O"]]))
    assert rows.dataset["tokens"][:] == ["New_York !"]
    assert rows.notes[0].endswith("blanks within words are read as underscores: 1")


@pytest.mark.parametrize(
    ("tokens", "tags", "says"),
    [
        ([["a"]], [["B-x", "O"]], "2 tags for 1 words"),
        ([["a", ""]], [["B-x", "O"]], "has the word ''"),
        ([["a", 7]], [["B-x", "O"]], "has the word 7"),
        ([["a"]], [["x"]], "has the tag 'x': expected O, or B-"),
        ([["a"]], [[3]], "has the tag 3"),
        ([["a"]], [[]], "has no tags"),
        ([["a"], []], [["B-x"], ["O"]], "'tokens' is empty"),
        ([["a"]], [["O"]], "tagged O alone"),
    ],
)
def test_what_is_refused(tokens: Any, tags: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        training_rows(table(tokens=tokens, tags=tags))


def test_rows_to_predict_for_are_lists_or_text() -> None:
    assert unlabelled_rows(table(tokens=[["a", "b"]]), ("tokens",)).dataset["tokens"][:] == ["a b"]
    found = unlabelled_rows(table(text=["a\tb "], label=["x"]), ("tokens",))
    assert found.dataset["tokens"][:] == ["a b"]


def test_a_class_of_two_has_no_place(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"tokens": ["a"], "tags": ["B-x"]}) + "\n")
    with pytest.raises(DataError, match="leave `positive` out"):
        DataSource(train=str(path), positive="B-x").load()


@pytest.mark.parametrize(
    "further",
    [
        {"entities": [[{"start": 0, "end": 1, "label": "x"}], []]},
        {"spans": [[{"start": 0, "end": 1, "type": "x"}], []]},
        {"tokens": [["a", "b"], ["c"]]},
        {"words": ["['a', 'b']", "['c']"]},
    ],
    ids=lambda columns: next(iter(columns)),
)
@pytest.mark.parametrize("text", [(), ("text",)], ids=["guessed", "named"])
def test_a_column_of_plain_labels_says_what_rows_are(
    further: dict[str, list[Any]], text: tuple[str, ...]
) -> None:
    given = table(text=["a b", "c"], label=["pos", "neg"], **further)
    rows = training_rows(given, text)
    assert rows.target.kind == "classification" and rows.target.label_names == ("neg", "pos")
    assert rows.dataset["text"][:] == ["a b", "c"]


def test_cells_of_a_data_frame_are_arrays() -> None:
    words, tags = np.array(["Ada", "sat"], object), np.array(["B-per", "O"], object)
    given = table(tokens=[words, ("so",)], tags=[tags, ("O",)])
    assert training_rows(given).dataset["label"][:] == ["B-per O", "O"]
    assert unlabelled_rows(given, ("tokens",)).dataset["tokens"][:] == ["Ada sat", "so"]


def test_lists_that_numpy_prints_are_words_and_tags() -> None:
    rows = training_rows(
        table(tokens=["['EU' 'rejects']", "['It']"], ner_tags=["['B-a' 'O']", "['O']"])
    )
    assert rows.dataset["tokens"][:] == ["EU rejects", "It"]
    assert rows.dataset["label"][:] == ["B-a O", "O"]
