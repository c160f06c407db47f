"""What labels mean: classes in an order, or numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune import DataError
from steadytune.tasks.files._table import Table
from steadytune.tasks.files.labels import Labels, read_labels

from .fuzz import JSON_VALUES


def table(labels: list[Any], names: tuple[str, ...] = ()) -> Table:
    class_names = {"label": names} if names else {}
    return Table("rows", {"label": labels}, range(1, len(labels) + 1), class_names=class_names)


def read(labels: list[Any], kind: str | None = None, names: tuple[str, ...] = ()) -> Labels:
    return read_labels(table(labels, names), "label", kind)


@pytest.mark.parametrize(
    ("labels", "names", "values"),
    [
        (["pos", " neg ", "pos"], ("neg", "pos"), [1, 0, 1]),
        ([1, 0, 1], ("0", "1"), [1, 0, 1]),
        (["10", "9", "-3"], ("-3", "9", "10"), [2, 1, 0]),
        ([True, False], ("false", "true"), [1, 0]),
        (["True", "False"], ("False", "True"), [1, 0]),
        (["[NEG]", "[POS]"], ("[NEG]", "[POS]"), [0, 1]),
    ],
)
def test_classes_stand_in_the_order_of_their_names(
    labels: list[Any], names: tuple[str, ...], values: list[int]
) -> None:
    found = read(labels)
    assert (found.kind, found.names, found.values) == ("classification", names, values)
    assert not found.numbered


def test_classes_that_the_file_names_keep_their_numbers() -> None:
    found = read([2, 0], names=("no", "maybe", "yes"))
    assert (found.names, found.values) == (("no", "maybe", "yes"), [2, 0])
    assert found.numbered
    with pytest.raises(DataError, match=r"row 2, column 'label' has the label -1: expected 0 to 1"):
        read([0, -1], names=("no", "yes"))


@pytest.mark.parametrize(
    "labels", [[0.5, 2, 1e3], ["0.5", "2", "1e3"], [Decimal("0.5"), 2.0, 1000.0]]
)
def test_numbers_with_a_fraction_are_regression(labels: list[Any]) -> None:
    found = read(labels)
    assert (found.kind, found.names, found.values) == ("regression", (), [0.5, 2.0, 1000.0])
    assert found.remark is not None
    assert "regression" in found.remark


def test_the_kind_overrides_what_numbers_look_like() -> None:
    assert read([1.0, 0.0], "classification").names == ("0", "1")
    whole = read([1, 0, 5], "regression")
    assert (whole.kind, whole.values, whole.remark) == ("regression", [1.0, 0.0, 5.0], None)


def test_texts_of_which_some_are_numbers_can_be_classes() -> None:
    assert read(["3", "3+", "4"], "classification").names == ("3", "3+", "4")
    with pytest.raises(DataError, match=r"row 2.*text '3\+', but row 1 has the number 3"):
        read(["3", "3+"])


def test_many_classes_have_to_be_meant() -> None:
    words = [f"class {number}" for number in range(11)]
    with pytest.raises(DataError, match="11 different labels in 21 rows"):
        read([*words, *words[:10]])
    assert len(read([*words, *words]).names) == 11
    assert len(read(words[:10]).names) == 10
    assert len(read(words, "classification").names) == 11
    many = list(range(1001)) * 3
    with pytest.raises(DataError, match="1001 different labels"):
        read(many)
    assert read(many, "regression").kind == "regression"


@pytest.mark.parametrize("label", [None, "", "  "])
def test_a_missing_label_is_named(label: Any) -> None:
    with pytest.raises(DataError, match="rows, row 2, column 'label' has no label"):
        read(["a", label])


@given(
    st.lists(JSON_VALUES, min_size=1, max_size=5),
    st.sampled_from([None, "classification", "regression"]),
)
def test_any_labels(labels: list[Any], kind: str | None) -> None:
    try:
        found = read(labels, kind)
    except DataError as error:
        assert str(error).startswith("rows, ")
        assert len(str(error).splitlines()) == 1
    else:
        assert len(found.values) == len(labels)
        if found.kind == "classification":
            assert set(found.values) == set(range(len(found.names)))


def test_grades_are_whole_numbers() -> None:
    found = read(["10", "2", "2.0", " 2 "], "ordinal")
    assert (found.kind, found.names, found.values) == ("ordinal", ("2", "10"), [10, 2, 2, 2])
    for odd in ("2.5", "1e9", "two", "nan"):
        with pytest.raises(DataError, match="'label'"):
            read([1, odd], "ordinal")


def test_the_positive_class_of_two_comes_second() -> None:
    labels = read(["fake", "real", "fake"])
    assert labels.with_positive("real") == labels
    turned = labels.with_positive("fake")
    assert (turned.names, turned.values) == (("real", "fake"), [1, 0, 1])
    assert not read([0, 1], names=("no", "yes")).with_positive("no").numbered
    for other in (labels, read([0, 1, 2]), read([0.5, 1.5])):
        with pytest.raises(DataError, match="positive 'fraud' is not one of two classes"):
            other.with_positive("fraud")


@pytest.mark.parametrize(
    ("labels", "kind", "names"),
    [
        (["01", "1", "2", "1"], None, ("01", "1", "2")),
        (["0110", "0120"], None, ("0110", "0120")),
        (["0110", "0120"], "classification", ("0110", "0120")),
        (["1.10", "1.1", "1.2"], "classification", ("1.1", "1.10", "1.2")),
        (["2E3", "3E2"], "classification", ("3E2", "2E3")),
        (["1,5", "10,0", "2,5"], "classification", ("1,5", "2,5", "10,0")),
        (["nan", "1", "NA"], "classification", ("1", "NA", "nan")),
    ],
)
def test_classes_in_text_are_named_as_they_are_written(
    labels: list[str], kind: str | None, names: tuple[str, ...]
) -> None:
    found = read(labels, kind)
    assert found.names == names
    assert [found.names[value] for value in found.values] == labels


def test_decimal_commas_are_numbers_and_it_is_said() -> None:
    found = read(["1,5", "2", "-3,25"])
    assert (found.kind, found.values) == ("regression", [1.5, 2.0, -3.25])
    assert found.remark == "numbers with a decimal comma, so this is regression; `kind` overrides"
    assert read(["1,5", "2,125"], "regression").values == [1.5, 2.125]
    with pytest.raises(DataError, match=r"row 1.*'1,234', whose comma may separate thousands"):
        read(["1,234", "2,500"])


def test_words_for_missing_values_are_named() -> None:
    with pytest.raises(DataError, match=r"row 2.*'nan' may stand for a missing label"):
        read(["1", "nan", "2"])
    with pytest.raises(DataError, match=r"row 2.*'NA', which stands for a missing value"):
        read(["1.5", "NA", "2"], "regression")


@pytest.mark.parametrize("kind", [None, "classification"])
def test_numbers_in_text_and_numbers_are_one_class(kind: str | None) -> None:
    found = read_labels(table(["1", 1, 10, "2"]), "label", kind)
    assert (found.names, found.values) == (("1", "2", "10"), [0, 0, 2, 1])


def test_an_exponent_that_no_number_has_is_text() -> None:
    found = read_labels(table(["2", "12e45678901234567890123", "10"]), "label", "classification")
    assert found.names == ("10", "12e45678901234567890123", "2")
