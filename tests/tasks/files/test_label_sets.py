"""Several labels per row, in every form that files give them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from steadytune import DataError
from steadytune.tasks.files._table import Table
from steadytune.tasks.files.label_mapping import Target
from steadytune.tasks.files.label_sets import map_label_sets, read_label_sets, with_indicators
from steadytune.tasks.files.rows import further_rows, training_rows


def table(*cells: Any, **columns: list[Any]) -> Table:
    held = {"text": [f"text {n}" for n in range(len(cells))], "labels": list(cells), **columns}
    return Table("t.csv", held, range(1, len(cells) + 1))


def named(values: Any, names: tuple[str, ...]) -> list[set[str]]:
    return [{n for n, v in zip(names, row, strict=True) if v} for row in values]


@pytest.mark.parametrize(
    "cells",
    [
        (["joy", "love"], ["fear"], []),
        ("joy|love", "fear", ""),
        (" joy ; love;", "fear", " "),
        ("love, joy", "fear", ""),
        ("['joy', 'love']", "['fear']", "[]"),
        ('["joy", "love"]', '["fear"]', "[]"),
        (["joy", "love", "joy"], ["fear"], []),
    ],
    ids=["lists", "bars", "semicolons", "commas", "printed lists", "JSON lists", "twice"],
)
def test_forms(cells: tuple[Any, ...]) -> None:
    found = read_label_sets(table(*cells), "labels")
    assert found.names == ("fear", "joy", "love")
    assert named(found.values, found.names) == [{"joy", "love"}, {"fear"}, set()]


def test_a_bar_parts_labels_that_have_commas() -> None:
    found = read_label_sets(table("a, b|c", "c"), "labels")
    assert found.names == ("a, b", "c")
    assert found.remark == "several labels per row, '|' between them"


def test_columns_of_zeros_and_ones_keep_their_order() -> None:
    rows = table("", "", joy=["1", "0"], anger=["0", "1.0"], fear=[True, False])
    found = read_label_sets(with_indicators(rows, "joy,anger, fear"), "joy,anger, fear")
    assert found.names == ("joy", "anger", "fear")
    assert found.values == [[1, 0, 1], [0, 1, 0]]


def test_numbers_of_names_that_the_file_has() -> None:
    rows = replace(table([1], [0, 1], []), class_names={"labels": ("no", "yes")})
    found = read_label_sets(rows, "labels")
    assert (found.names, found.values) == (("no", "yes"), [[0, 1], [1, 1], [0, 0]])
    with pytest.raises(DataError, match="the label '7'"):
        read_label_sets(replace(table([7], [0]), class_names={"labels": ("no", "yes")}), "labels")


def test_numbers_are_ordered_by_size() -> None:
    assert read_label_sets(table([10, 9], [2]), "labels").names == ("2", "9", "10")


def test_lists_need_no_kind() -> None:
    rows = training_rows(table(["joy", "love"], ["fear"], []))
    assert rows.target.kind == "multilabel"
    assert "labels: labels (fear, joy, love); several labels per row" in rows.notes[0]


TARGET = Target("multilabel", ("text",), ("fear", "joy", "love"), numbered=True)


@pytest.mark.parametrize("cells", [("Joy|love", ""), (["joy", "Love"], []), ([1, 2], [])])
def test_further_rows_have_the_classes_of_training(cells: tuple[Any, ...]) -> None:
    assert map_label_sets(table(*cells), "labels", TARGET).values == [[0, 1, 1], [0, 0, 0]]


def test_further_rows_can_have_columns() -> None:
    rows = table("x", "y", fear=[0, 1], joy=[1, 1], love=[0, 0])
    found = further_rows(rows, TARGET, ("text",), "fear,joy,love")
    assert found.dataset["label"][:] == [[0, 1, 0], [1, 1, 0]]
    other = table("joy", "love")
    found = further_rows(other, TARGET, ("text",), "fear,joy,love")
    assert found.dataset["label"][:] == [[0, 1, 0], [0, 0, 1]]


def test_an_unknown_label_is_named_with_its_row() -> None:
    with pytest.raises(DataError, match=r"t.csv, row 2, column 'labels' has the label 'hope'"):
        map_label_sets(table("joy", "joy|hope"), "labels", TARGET)


@pytest.mark.parametrize("cell", [None, float("nan"), ["joy", None], [["joy"]], 7.5j])
def test_what_holds_no_labels(cell: Any) -> None:
    with pytest.raises(DataError, match="row 2, column 'labels'"):
        read_label_sets(table(["joy"], cell), "labels")


@pytest.mark.parametrize(
    "cells",
    [
        ([0, 1, 0], [1, 0, 1]),
        ([0.0, 1.0, 0.0], [0.0, 1.0, 1.0]),
        ("[0, 1, 0]", "[1, 1, 0]"),
        ("0|1|0", "1|1|0"),
        ([1, 0], [0, 0]),
    ],
)
def test_vectors_of_zeros_and_ones_are_refused(cells: tuple[Any, ...]) -> None:
    for read in (
        lambda: training_rows(table(*cells), kind="multilabel"),
        lambda: map_label_sets(table(*cells), "labels", TARGET),
    ):
        with pytest.raises(DataError, match=r"^t.csv, column 'labels' has vectors of .*`label`$"):
            read()


@pytest.mark.parametrize("cells", [([0, 1], [1, 0]), ([0, 1], [1]), ([0], [1]), ([0, 1, 2], [1])])
def test_zeros_and_ones_can_be_names(cells: tuple[Any, ...]) -> None:
    assert set(read_label_sets(table(*cells), "labels").names) >= {"0", "1"}


@pytest.mark.parametrize(
    "cells",
    [
        ("['joy' 'love']", "['fear']", "[]"),
        ("[\"joy\"\n 'love']", "['fear']", "[]"),
        ("{'joy', 'love'}", "{'fear'}", "set()"),
        ("('joy', 'love')", "('fear',)", "()"),
    ],
    ids=["NumPy", "NumPy in two lines", "sets", "tuples"],
)
def test_lists_as_programs_print_them(cells: tuple[str, ...]) -> None:
    found = read_label_sets(table(*cells), "labels")
    assert found.names == ("fear", "joy", "love")
    assert named(found.values, found.names) == [{"joy", "love"}, {"fear"}, set()]


def test_quotation_marks_and_brackets_in_names_stay() -> None:
    names = read_label_sets(table("""["it' 's" 'a, b']""", "['d']"), "labels").names
    assert names == ("a, b", "d", "it' 's")
    assert read_label_sets(table("(1)|b", "(c)"), "labels").names == ("(1)", "(c)", "b")
    assert read_label_sets(table("{1, 2}", "{3}"), "labels").names == ("1", "2", "3")


@pytest.mark.parametrize("cell", ["['a' 'b' ... 'c']", "{'a': 1}", "('a')"])
def test_what_is_printed_and_no_list_is_refused(cell: str) -> None:
    with pytest.raises(DataError, match=r"row 1, column 'labels' is .*expected a list such as"):
        read_label_sets(table(cell, "['a']"), "labels")
