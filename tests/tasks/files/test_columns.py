"""Columns as named, or guessed from what they are called and hold."""

from __future__ import annotations

from typing import Any

import pytest

from steadytune import DataError
from steadytune.tasks.files._table import Table
from steadytune.tasks.files.columns import LABELS, TEXT_PAIRS, TEXTS, Columns, choose_columns


def table(*names: str, **columns: list[Any]) -> Table:
    content = {**{name: [f"some {name}", "more"] for name in names}, **columns}
    return Table("rows.csv", content, [1, 2])


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_known_by_its_name(name: str) -> None:
    assert choose_columns(table("other", name, "label")) == Columns((name,), "label")


@pytest.mark.parametrize("pair", TEXT_PAIRS)
def test_a_pair_is_known_by_its_names(pair: tuple[str, str]) -> None:
    assert choose_columns(table("title", *pair, "label")) == Columns(pair, "label")


@pytest.mark.parametrize("name", LABELS)
def test_a_label_is_known_by_its_name(name: str) -> None:
    assert choose_columns(table("text", name, "other")) == Columns(("text",), name)


def test_case_and_spaces_of_a_name_make_no_difference() -> None:
    assert choose_columns(table("Text ", "LABEL")) == Columns(("Text ",), "LABEL")


def test_the_likeliest_name_is_taken() -> None:
    assert choose_columns(table("title", "text", "score", "label")).texts == ("text",)
    assert choose_columns(table("title", "text", "score", "label")).truth == "label"


def test_the_only_column_of_text_is_the_text() -> None:
    rows = table("opinion", "label", number=[1, 2], digits=["1", "2.5"], gap=["x", None])
    assert choose_columns(rows).texts == ("opinion",)


def test_the_only_other_column_is_the_label() -> None:
    assert choose_columns(table("text", "verdict")) == Columns(("text",), "verdict")
    assert choose_columns(table("a", "b"), ("b",)) == Columns(("b",), "a")
    assert choose_columns(table("premise", "hypothesis", "verdict")).truth == "verdict"
    with pytest.raises(DataError, match="`label`"):
        choose_columns(table("a", "b"))


def test_what_is_named_is_taken() -> None:
    rows = table("text", "label", "a", "b", "c")
    assert choose_columns(rows, ("b", "a"), "c") == Columns(("b", "a"), "c")
    assert choose_columns(table("label", "a"), ("label",)) == Columns(("label",), "a")


def test_a_label_that_is_named_is_no_text() -> None:
    assert choose_columns(table("text", "sentence"), (), "text") == Columns(("sentence",), "text")


def test_without_labels_none_is_looked_for() -> None:
    assert choose_columns(table("text"), labelled=False) == Columns(("text",), None)


def test_the_number_of_texts_steers_the_guess() -> None:
    rows = table("sentence1", "sentence2", "text", "label")
    assert choose_columns(rows, count=1).texts == ("text",)
    assert choose_columns(table("one", "other", "label"), count=2).texts == ("one", "other")
    with pytest.raises(DataError, match=r"1 text columns \(text\): expected 2"):
        choose_columns(rows, ("text",), count=2)


def test_questions_have_their_columns() -> None:
    rows = table("question", "context", "answers", "q", "c", "a")
    assert choose_columns(rows, questions=True) == Columns(("question", "context"), "answers")
    named = choose_columns(rows, ("q", "c"), "a", questions=True)
    assert named == Columns(("q", "c"), "a")
    with pytest.raises(DataError, match="`text` twice"):
        choose_columns(rows, ("q",), questions=True)


@pytest.mark.parametrize(
    ("text", "label"), [(("a", "a"), None), (("a", "b", "c"), None), (("a",), "a")]
)
def test_columns_that_cannot_be_both(text: tuple[str, ...], label: str | None) -> None:
    with pytest.raises(DataError, match="cannot be texts and label"):
        choose_columns(table("a", "b", "c", "label"), text, label)


def test_a_missing_second_text_is_said() -> None:
    with pytest.raises(DataError, match=r"1 column of text \(words\).*expected 2 text columns"):
        choose_columns(table("words", label=["x", "y"]), count=2)


@pytest.mark.parametrize("written", [False, True])
def test_the_only_other_column_of_further_rows_is_no_label(written: bool) -> None:
    with pytest.raises(DataError, match=r"no column with a usual name for a label: .* id, text;"):
        choose_columns(table("id", "text"), written=written, further=True)
    assert choose_columns(table("id", "text", "label"), further=True).truth == "label"
