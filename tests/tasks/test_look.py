"""The look at a task before training: on files that have one fault each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from steadytune.tasks import DataSource, Look
from steadytune.tasks.look import Lengths, alike
from tests.tasks.tiny_tokenizers import tokenizer_like

ROWS = [(f"the date of {n} is wrong", ("neg", "pos")[n % 2]) for n in range(60)]


def file(path: Path, rows: Iterable[tuple[str, ...]], header: str = "text,label") -> str:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]), encoding="utf-8")
    return str(path)


def look(tmp_path: Path, rows: Iterable[tuple[str, ...]], **given: str) -> Look:
    return DataSource(train=file(tmp_path / "mine.csv", rows), **given).look()


def test_a_file_without_faults(tmp_path: Path) -> None:
    found = look(tmp_path, ROWS)
    assert found.warnings == ()
    assert found.sizes == {"train": 48, "mine": 12}
    assert found.classes == {"neg": 24, "pos": 24}
    assert found.words == Lengths(6, 6)
    assert found.tokens is found.share_cut is found.max_length is None
    assert found.table() == [
        ("examples", "48 to train on, 12 in mine"),
        ("classes", "2: neg 24, pos 24"),
        ("words", "median 6, at most 6"),
    ]
    assert len(found.notes) == 2


def test_what_will_be_cut(tmp_path: Path) -> None:
    long = [(f"{text} {'the date ' * 20}", label) for text, label in ROWS[:30]]
    source = DataSource(train=file(tmp_path / "mine.csv", long + ROWS[30:]))
    tokenizer = tokenizer_like("bert")
    found = source.look(tokenizer, max_length=30)
    lengths = [len(ids) for ids in tokenizer(source.load().train["text"][:])["input_ids"]]
    assert found.share_cut == sum(length > 30 for length in lengths) / 48
    assert 0 < found.share_cut < 1
    assert found.tokens is not None
    assert found.tokens.longest == max(lengths)
    assert found.table()[-1] == ("over 30 tokens", f"{found.share_cut:.1%}, cut")
    assert source.look(tokenizer).max_length == 128


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (ROWS[:20], "16 examples to train on: with fewer than 30, scores are mostly chance"),
        ([*ROWS, ("a word", "odd")], "a class has fewer than 5 examples to train on: odd (1)"),
        (
            [*ROWS, *((text.upper(), "neg") for text, label in ROWS[:20] if label == "pos")],
            "10 texts have more than one label: no model can learn both",
        ),
        (
            [(text, "Pos" if n % 4 == 1 else label) for n, (text, label) in enumerate(ROWS)],
            "classes that look alike count as different ones: 'Pos' and 'pos'",
        ),
        (
            [(text, "caf\u00e9" if n % 4 else "cafe\u0301") for n, (text, _) in enumerate(ROWS)],
            "classes that look alike count as different ones: 'cafe\\u0301' and 'caf\\xe9'",
        ),
        (
            [(text, "NaN" if label == "neg" else label) for text, label in ROWS],
            "'NaN' is a class of its own (24 examples): does it stand for a missing label?",
        ),
        (
            [*ROWS, *[("null", "neg")] * 3],
            "3 texts in text only say 'null': do they stand for missing texts?",
        ),
    ],
)
def test_one_line_a_fault(tmp_path: Path, rows: list[tuple[str, str]], line: str) -> None:
    assert look(tmp_path, rows).warnings == (line,)


def test_a_quotation_mark_that_swallows_rows(tmp_path: Path) -> None:
    rows = list(ROWS)
    rows[9], rows[30] = ('"Oh no said the man', "neg"), ('he said no"', "pos")
    lines = DataSource(train=file(tmp_path / "mine.csv", rows)).look().warnings
    assert len(lines) == 1
    assert "mine.csv, line 11: a quoted field runs to line 32" in lines[0]


def test_a_text_of_several_lines_is_no_fault(tmp_path: Path) -> None:
    rows = [*ROWS, ('"First, a line\nthen one\nand one, more\nand the end"', "pos")]
    assert look(tmp_path, rows).warnings == ()


def test_test_texts_that_are_trained_on(tmp_path: Path) -> None:
    words = [(f"caf\u00e9 number {n}", label) for n, (_, label) in enumerate(ROWS)]
    decomposed = [(f"Cafe\u0301  number {n}", "pos") for n in range(10)]
    test = file(tmp_path / "new.csv", [*decomposed, ("another one", "pos")])
    found = look(tmp_path, words, test=test)
    line = (
        "10 of the 11 examples of mine are among the training examples too, so its score is too "
        "high"
    )
    assert line in found.warnings
    source = DataSource(train=str(tmp_path / "mine.csv"), test=test)
    assert f"warning: {line}" in source.remarks()
    assert set(found.notes) < set(source.remarks())


def test_empty_texts_of_pairs(tmp_path: Path) -> None:
    rows = [(str(n), text, label) for n, (text, label) in enumerate(ROWS)]
    rows += [(f"again {n}", "", ("neg", "pos")[n % 2]) for n in range(20)]
    header = "sentence1,sentence2,label"
    source = DataSource(train=file(tmp_path / "mine.csv", rows, header))
    empty = source.load().train["sentence2"][:].count("")
    assert empty > 1
    assert source.look().warnings == (f"{empty} texts of sentence2 to train on are empty",)


def test_numbers_have_a_range(tmp_path: Path) -> None:
    found = look(tmp_path, [(text, f"{n / 8}") for n, (text, _) in enumerate(ROWS)])
    assert found.classes == {}
    assert found.range is not None
    assert 0 <= found.range[0] < found.range[1] <= 59 / 8


def test_names_that_look_alike() -> None:
    assert alike(["01", "1", "2", "1.1", "1.10"]) == [("01", "1")]
    assert alike(["not_entailment", "not entailment", "entailment"]) == [
        ("not_entailment", "not entailment")
    ]
    assert alike(["TRUE", "True", "false"]) == [("TRUE", "True")]
