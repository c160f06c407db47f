"""CoNLL's columns: sentences, documents, comments, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune import DataError
from steadytune.tasks.files._table import Reading
from steadytune.tasks.files.splits import read_splits


def read(folder: Path, text: str, name: str = "t.conll", how: Reading | None = None) -> dict:
    (folder / name).write_text(text)
    (table,) = read_splits(str(folder / name), how or Reading()).values()
    return table.columns


def test_a_word_a_line_and_a_blank_line_after_a_sentence(tmp_path: Path) -> None:
    found = read(tmp_path, "-DOCSTART- -X- O\n\nAda NNP B-per\nsat VB O\n\n\nBo NNP I-per\n")
    assert found == {"tokens": [["Ada", "sat"], ["Bo"]], "tags": [["B-per", "O"], ["I-per"]]}


def test_tabs_part_fields_where_there_are_any(tmp_path: Path) -> None:
    found = read(tmp_path, "New York\tB-loc\n!\tO\n")
    assert found == {"tokens": [["New York", "!"]], "tags": [["B-loc", "O"]]}


def test_comments_stand_before_a_sentence(tmp_path: Path) -> None:
    found = read(tmp_path, "# id 1 of 2\n# O\nAda B-per\n\n# id 2 of 2\nsat O\n")
    assert found["tokens"] == [["#", "Ada"], ["sat"]]


def test_words_alone_have_no_tags(tmp_path: Path) -> None:
    assert read(tmp_path, "Ada\nsat\n") == {"tokens": [["Ada", "sat"]]}


def test_bad_sentences_can_be_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, "a O\n\nb\n\nc O\n", how=Reading(skip_bad=True))
    assert found["tokens"] == [["a"], ["c"]]


def test_text_files_are_read_if_lines_end_with_tags(tmp_path: Path) -> None:
    assert read(tmp_path, "Ada B-per\nsat O\n", "t.txt")["tags"] == [["B-per", "O"]]
    with pytest.raises(DataError, match="has an unknown format"):
        read(tmp_path, "Ada sat\nand sang\n", "u.txt")


def test_text_files_of_a_folder_are_its_splits(tmp_path: Path) -> None:
    for name in ("train.txt", "valid.txt", "test.txt"):
        (tmp_path / name).write_text(f"Ada B-per\n{name} O\n")
    (tmp_path / "README.txt").write_text("Names of people.\n")
    found = read_splits(str(tmp_path))
    assert set(found) == {"train", "validation", "test"}
    assert found["validation"].columns["tokens"] == [["Ada", "valid.txt"]]


def test_no_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no sentence"):
        read(tmp_path, "-DOCSTART- O\n\n")
