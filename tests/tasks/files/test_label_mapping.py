"""Labels of further rows are brought to the classes trained on, or refused with both sets named."""

from __future__ import annotations

from typing import Any

import pytest

from steadytune import DataError
from steadytune.tasks.files._table import Table
from steadytune.tasks.files.label_mapping import Target, map_labels

SENTIMENT = Target("classification", ("text",), ("negative", "positive"))
ENTAILMENT = Target("classification", ("text",), ("entailment", "not_entailment"), numbered=True)


def mapped(labels: list[Any], target: Target, names: tuple[str, ...] = ()) -> list[Any]:
    class_names = {"label": names} if names else {}
    rows = Table("rows", {"label": labels}, range(1, len(labels) + 1), class_names=class_names)
    return list(map_labels(rows, "label", target).values)


def test_classes_are_found_by_name() -> None:
    assert mapped(["positive", "negative"], SENTIMENT) == [1, 0]
    assert mapped(["Positive ", "NEGATIVE"], SENTIMENT) == [1, 0]
    assert mapped(["not entailment", "Not-Entailment"], ENTAILMENT) == [1, 1]


def test_the_names_that_a_file_gives_its_numbers_count() -> None:
    assert mapped([0, 1], SENTIMENT, names=("positive", "negative")) == [1, 0]


def test_numbers_count_only_where_classes_are_numbered() -> None:
    assert mapped([1, 0], ENTAILMENT) == [1, 0]
    assert mapped(["1", "0"], ENTAILMENT) == [1, 0]
    assert mapped([1.0], ENTAILMENT) == [1]
    with pytest.raises(DataError, match=r"'1': expected negative, positive; .* are 0, 1"):
        mapped([1, 0], SENTIMENT)
    with pytest.raises(DataError, match="'2'"):
        mapped([2], ENTAILMENT)


def test_three_way_entailment_onto_two_way() -> None:
    three_way = ("entailment", "neutral", "contradiction")
    assert mapped([0, 1, 2], ENTAILMENT, names=three_way) == [0, 1, 1]
    assert mapped(list(three_way), ENTAILMENT) == [0, 1, 1]
    with pytest.raises(DataError, match="'neutral'"):
        mapped(["neutral"], SENTIMENT)


def test_names_that_differ_in_case_alone_are_told_apart() -> None:
    target = Target("classification", ("text",), ("US", "us"))
    assert mapped(["us", "US"], target) == [1, 0]
    with pytest.raises(DataError, match="'Us': expected US, us"):
        mapped(["Us"], target)


def test_numbered_names_are_found_by_their_text() -> None:
    target = Target("classification", ("text",), ("1", "3", "5"))
    assert mapped(["5", "1"], target) == [2, 0]
    assert mapped([3.0, 5.0], target) == [1, 2]
    with pytest.raises(DataError, match="'2': expected 1, 3, 5; the labels there are 2"):
        mapped([2], target)


def test_truth_values_are_their_names() -> None:
    target = Target("classification", ("text",), ("false", "true"))
    assert mapped([True, False], target) == [1, 0]
    assert mapped(["True", "FALSE"], target) == [1, 0]


def test_numbers_for_regression() -> None:
    target = Target("regression", ("text",))
    assert mapped(["1", "2.5"], target) == [1.0, 2.5]
    with pytest.raises(DataError, match="row 1, column 'label' has the label 'high'"):
        mapped(["high"], target)


def test_grades_that_were_not_trained_on_are_named() -> None:
    target = Target("ordinal", ("text",), ("1", "3", "4"))
    assert mapped(["1", "4.0"], target) == [1, 4]
    table = Table("t.csv", {"label": [0, 3, 2, 0]}, range(1, 5))
    found = map_labels(table, "label", target)
    assert found.values == [0, 3, 2, 0]
    assert found.remark == "no training example has the grade 0 or 2, so it is never predicted"
    with pytest.raises(DataError, match=r"row 1, column 'label' has the label 1\.5"):
        mapped([1.5], target)


def test_names_in_text_are_found_as_they_are_written() -> None:
    target = Target("classification", ("text",), ("01", "1", "2"))
    assert mapped(["1", "01", "2"], target) == [1, 0, 2]
    assert mapped(["2.0"], target) == [2]  # as programs write whole numbers beside missing ones
    codes = Target("classification", ("text",), ("1.1", "1.10"))
    assert mapped(["1.10", "1.1"], codes) == [1, 0]
    with pytest.raises(DataError, match="'02': expected 01, 1, 2"):
        mapped(["02"], target)
