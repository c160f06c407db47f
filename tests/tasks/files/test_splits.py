"""What a text names: files by their suffix, folders by their splits."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import Dataset, DatasetDict
from hypothesis import given, settings
from hypothesis import strategies as st

from steadytune import ConfigError, DataError
from steadytune.tasks.files._table import Reading
from steadytune.tasks.files.splits import preferred_split, read_splits, require_there, stem

ARROW = "data-00000-of-00001.arrow"
CSV = "text,label\na,1\n"
FORMS = {
    "csv": CSV,
    "tsv": "text\tlabel\na\t1\n",
    "jsonl": '{"text": "a", "label": "1"}\n',
    "ndjson": '{"text": "a", "label": "1"}\n',
    "json": '[{"text": "a", "label": "1"}]',
}


@pytest.mark.parametrize("ending", FORMS)
def test_the_suffix_says_how_a_file_is_read(ending: str, tmp_path: Path) -> None:
    (tmp_path / f"r.{ending}").write_text(FORMS[ending])
    (tmp_path / f"r.{ending.upper()}.gz").write_bytes(gzip.compress(FORMS[ending].encode()))
    for name in (f"r.{ending}", f"r.{ending.upper()}.gz"):
        splits = read_splits(str(tmp_path / name))
        assert list(splits) == ["train"]
        assert splits["train"].columns == {"text": ["a"], "label": ["1"]}
        assert splits["train"].name == str(tmp_path / name)


def test_a_folders_files_are_its_splits(tmp_path: Path) -> None:
    for name in ("train.csv", "dev.csv", "test.csv", "extra.csv"):
        (tmp_path / name).write_text(CSV)
    (tmp_path / "README.md").write_text("-")
    splits = read_splits(str(tmp_path))
    assert set(splits) == {"train", "validation", "test", "extra"}
    assert splits["validation"].name.endswith("dev.csv")


def test_two_names_of_one_split_are_refused(tmp_path: Path) -> None:
    for name in ("train.csv", "dev.csv", "valid.csv"):
        (tmp_path / name).write_text(CSV)
    with pytest.raises(DataError, match="several splits that mean validation"):
        read_splits(str(tmp_path))


@pytest.mark.parametrize("many", [True, False])
def test_a_saved_data_set_is_read(many: bool, tmp_path: Path) -> None:
    rows = Dataset.from_dict({"text": ["a"], "label": [1]})
    saved = DatasetDict({"train": rows, "val": rows}) if many else rows
    saved.save_to_disk(str(tmp_path / "saved"))
    splits = read_splits(str(tmp_path / "saved"))
    assert list(splits) == (["train", "validation"] if many else ["train"])
    assert splits["train"].columns == {"text": ["a"], "label": [1]}


@settings(max_examples=60)
@given(st.sampled_from(["state.json", "dataset_info.json", ARROW]), st.data())
def test_any_byte_of_a_saved_data_set_changed(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("saved")
    Dataset.from_dict({"text": ["a", None], "label": [{"x": 1}] * 2}).save_to_disk(str(folder))
    content = bytearray((folder / name).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / name).write_bytes(content)
    try:
        assert len(read_splits(str(folder))["train"]) > 0
    except DataError as error:
        assert len(str(error).splitlines()) == 1


def test_no_file_of_a_folder_is_run(tmp_path: Path) -> None:
    (tmp_path / f"{tmp_path.name}.py").write_text("raise SystemExit('it ran')")
    (tmp_path / "train.csv").write_text(CSV)
    assert list(read_splits(str(tmp_path))) == ["train"]


@pytest.mark.parametrize(
    "where", ["~nobody-there/x.csv", "./x", "x\0.csv", "x" * 5000 + ".csv", ""]
)
def test_what_cannot_be_a_file_is_no_file(where: str) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        read_splits(where)


@pytest.mark.parametrize("find", [read_splits, require_there])
def test_pipes_and_devices_are_no_files(find: Callable[[str], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zeros.json").symlink_to("/dev/zero")
    for name in ("pipe.csv", "zeros.json"):
        with pytest.raises(DataError, match=rf"{name} is not a regular file: expected a file of"):
            find(str(tmp_path / name))


def test_the_preferred_split_or_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(CSV)
    only = read_splits(str(tmp_path))
    assert preferred_split(only, ("test",), "d") is only["train"]
    both = {**only, "test": only["train"]}
    assert preferred_split(both, ("test", "validation"), "d") is both["test"]
    with pytest.raises(DataError, match="d has the splits train, test: expected validation"):
        preferred_split(both, ("validation",), "d")


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("/data/reviews.csv", "reviews"),
        ("reviews.v2.jsonl.gz", "reviews.v2"),
        ("/data/reviews/", "reviews"),
        ("owner/name:config", "name"),
        ("notes.txt", "notes.txt"),
    ],
)
def test_rows_are_called_after_their_file(where: str, name: str) -> None:
    assert stem(where) == name


def test_a_row_of_each_reader_can_be_found_again(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps([{"text": "a"}, {"text": "b"}]))
    assert read_splits(str(tmp_path / "r.json"))["train"].place(1).endswith("r.json, entry 2")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "json"])
def test_text_in_another_encoding(ending: str, encoding: str, tmp_path: Path) -> None:
    text = FORMS[ending].replace('"a"', '"caf\u00e9"').replace("\na", "\ncaf\u00e9")
    (tmp_path / f"r.{ending}").write_bytes(text.encode(encoding))
    table = read_splits(str(tmp_path / f"r.{ending}"), Reading(encoding=encoding))["train"]
    assert table.columns == {"text": ["caf\u00e9"], "label": ["1"]}
    if encoding in ("cp1252", "utf-16"):
        with pytest.raises(DataError, match="`encoding"):
            read_splits(str(tmp_path / f"r.{ending}"))


def test_an_encoding_that_does_not_fit_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes("text,label\ncaf\u00e9,1\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"not encoded in ascii .*byte 15.*give another"):
        read_splits(str(tmp_path / "r.csv"), Reading(encoding="ascii"))
    for wrong in ({"encoding": "cp12525"}, {"encoding": "base64"}, {"delimiter": ";;"}):
        with pytest.raises(ConfigError):
            Reading(**wrong)


def test_what_parts_fields_can_be_said_and_found_out(tmp_path: Path) -> None:
    forms = {"|": "text|label\na, b|1\n", ";": '"text, long";label\n"a; b";1\n'}
    for mark, text in forms.items():
        (tmp_path / "r.csv").write_text(text)
        table = read_splits(str(tmp_path / "r.csv"))["train"]
        assert list(table.columns)[1] == "label" and table.columns["label"] == ["1"]
        assert table.remarks
        said = read_splits(str(tmp_path / "r.csv"), Reading(delimiter=mark))["train"]
        assert said.columns == table.columns and not said.remarks
    (tmp_path / "r.txt").write_text("text\tlabel\na\t1\n")
    said = read_splits(str(tmp_path / "r.txt"), Reading(delimiter="tab"))["train"]
    assert said.columns == {"text": ["a"], "label": ["1"]}
    with pytest.raises(DataError, match="name its field separator with `delimiter`"):
        read_splits(str(tmp_path / "r.txt"))


def test_a_spreadsheet_has_advice_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "r.xlsx").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"is a spreadsheet: .* save it from there as CSV UTF-8"):
        read_splits(str(tmp_path / "r.xlsx"))


def test_text_files_of_a_folder_count_where_nothing_else_does(tmp_path: Path) -> None:
    for name in ("train.txt", "test.txt"):
        (tmp_path / name).write_text("Ada B-per\nsat O\n\n")
    assert set(read_splits(str(tmp_path))) == {"train", "test"}
    (tmp_path / "train.csv").write_text(CSV)
    (found,) = read_splits(str(tmp_path)).values()
    assert found.columns == {"text": ["a"], "label": ["1"]}
