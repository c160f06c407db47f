"""Bad rows: the first ten at once, or left out and counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steadytune import DataError
from steadytune.tasks import DataSource
from tests.finetune.toy_files import steadytune

GOOD = [f"text {number},{'yes' if number % 2 else 'no'}" for number in range(40)]


def file(folder: Path, *bad: str, good: list[str] = GOOD) -> str:
    path = folder / "mine.csv"
    path.write_text("\n".join(["text,label", *bad, *good]))
    return str(path)


def test_the_first_ten_are_named_at_once(tmp_path: Path) -> None:
    path = file(tmp_path, *[",yes"] * 6, *["a text,"] * 6)
    with pytest.raises(DataError) as caught:
        DataSource(train=path).load()
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}, line 2, column 'text' is empty: expected text; correct the")
    assert "or leave bad rows out with `skip_bad`; 11 more: line 3, column 'text' is empty" in text
    assert text.endswith("line 11, column 'label' has no label; and 2 more")


def test_records_of_another_length_are_named_at_once(tmp_path: Path) -> None:
    path = file(tmp_path, "a,b,yes", "c,d,no")
    with pytest.raises(DataError, match=r"line 2 has 3 fields: .*1 more: line 3 has 3 fields$"):
        DataSource(train=path).load()


def test_one_bad_row_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 2, column 'text' is empty: .*; correct the file$"):
        DataSource(train=file(tmp_path, ",yes")).load()


def test_bad_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    path = file(tmp_path, ",yes", "a,b,yes", "a text,")
    source = DataSource(train=path, skip_bad=True)
    task = source.load()
    assert len(task.train) + len(task.test["mine"]) == 40
    assert source.look().warnings == (
        f"{path}: 1 bad row left out: line 3 has 3 fields",
        f"{path}: 2 bad rows left out: line 2, column 'text' is empty; line 4, column 'label' has "
        f"no label",
    )
    with pytest.raises(DataError, match="no good row"):
        DataSource(train=file(tmp_path, ",yes", good=[",no"]), skip_bad=True).load()


def test_numbers_that_are_none_are_bad_rows(tmp_path: Path) -> None:
    good = [f"text {number},{number}.5" for number in range(20)]
    path = file(tmp_path, "a,nan", "b,high", good=good)
    task = DataSource(train=path, kind="regression", skip_bad=True).load()
    assert len(task.train) + len(task.test["mine"]) == 20


def test_questions_whose_answer_is_elsewhere(tmp_path: Path) -> None:
    rows = [
        {
            "question": f"which {number}?",
            "context": f"the red {number}",
            "answers": {"text": ["red"], "answer_start": [4 if number > 1 else 5]},
        }
        for number in range(10)
    ]
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(DataError, match=r"line 1 has the answer 'red' at 5.*1 more: line 2 has"):
        DataSource(train=str(path)).load()
    task = DataSource(train=str(path), skip_bad=True).load()
    assert len(task.train) + len(task.test["q"]) == 8


def test_the_options_of_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes("text|label\ncaf\u00e9|1\n".encode("cp1252"))
    out = tmp_path / "out"
    result = steadytune("train", "--train", path, "--out", out)
    assert result.exit_code == 2 and "--encoding cp1252" in result.stderr
    words = ("--encoding", "cp1252", "--delimiter", "|", "--skip-bad")
    result = steadytune("train", "--train", path, *words, "--out", out)
    assert result.exit_code == 2 and "are of one class" in result.stderr
