"""The rows that are held out: by content, in proportion, and no copy on both sides."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from steadytune.tasks.files.held_out import (
    grouped_keys,
    held_out_rows,
    spelled_key,
    text_groups,
    text_key,
)
from steadytune.tasks.source import DataSource

ROWS = st.lists(st.tuples(st.text("abc", max_size=3), st.sampled_from("xyz")), max_size=40)


def split(rows: list[tuple[str, str]], classes: bool = True) -> list[int]:
    return held_out_rows([key for key, _ in rows], [name for _, name in rows], classes=classes)


def test_a_fifth_in_proportion() -> None:
    rows = [(f"text {number}", "x" if number % 4 else "y") for number in range(200)]
    taken = Counter(rows[row][1] for row in split(rows))
    assert taken == {"x": 30, "y": 10}


@given(ROWS, st.booleans())
def test_no_copy_stands_on_both_sides(rows: list[tuple[str, str]], classes: bool) -> None:
    taken = set(split(rows, classes))
    there = {rows[row][0] for row in taken}
    assert not there & {key for row, (key, _) in enumerate(rows) if row not in taken}


@given(ROWS)
def test_every_class_is_kept_to_train_on(rows: list[tuple[str, str]]) -> None:
    taken = set(split(rows))
    first = {key: name for key, name in reversed(rows)}
    kept = {first[key] for row, (key, _) in enumerate(rows) if row not in taken}
    assert kept == set(first.values())


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows: list[tuple[str, str]], random: object) -> None:
    rows = list(dict(rows).items())
    shuffled = sorted(rows)
    assert {rows[row] for row in split(rows)} == {shuffled[row] for row in split(shuffled)}


def test_nothing_to_spare() -> None:
    assert split([]) == []
    assert split([("a", "x"), ("b", "y")]) == []
    assert split([("a", "x"), ("a", "x")]) == []
    assert split([("a", "x")], classes=False) == []


def test_numbers_need_no_row_of_each_stratum() -> None:
    rows = [(f"text {number}", str(number)) for number in range(10)]
    assert len(split(rows, classes=False)) == 2


def test_what_copies_share() -> None:
    assert text_key("A  b\n", "c") == text_key("a b", "C")
    assert text_key("a b", "c") != text_key("a", "b c")
    assert text_key("caf\u00e9 \ufb01lm \u00df") == text_key("CAFE\u0301 film SS")


def test_draws_go_by_the_spelling() -> None:
    assert spelled_key("caf\u00e9") != spelled_key("cafe\u0301")
    assert spelled_key("A  b\n", "c") == spelled_key("a b", "C") == text_key("a b", "c")


def test_pairs_that_share_a_text_stand_on_one_side(tmp_path: Path) -> None:
    rows = [f"premise {n // 3},hypothesis {n},{'ab'[n % 2]}" for n in range(90)]
    file = tmp_path / "pairs.csv"
    file.write_text("premise,hypothesis,label\n" + "\n".join(rows) + "\n")
    source = DataSource(train=str(file))
    task = source.load()
    trained, tested = (set(part["sentence1"]) for part in (task.train, task.test[task.domain]))
    assert tested and not trained & tested
    assert not any("hang together" in line for line in source.remarks())


def test_pairs_that_all_hang_together_are_said(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    rows = [f"one question,answer {n},{'ab'[n % 2]}" for n in range(40)]
    file.write_text("question,sentence,label\n" + "\n".join(rows) + "\n")
    source = DataSource(train=str(file))
    assert any("hang together by shared texts" in line for line in source.remarks())


def test_keys_of_pairs_without_shared_texts_stay_as_they_are() -> None:
    pairs = [("a", "b"), ("c", "d"), ("A", "b"), ("e", "f")]
    keys = [text_key(*pair) for pair in pairs]
    groups = text_groups(list(zip(*pairs, strict=True))).tolist()
    assert grouped_keys(keys, groups) == keys
