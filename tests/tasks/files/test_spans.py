"""Entities by where they stand in a text."""

from __future__ import annotations

from typing import Any

import pytest

from steadytune import DataError
from steadytune.tasks.files._table import Table
from steadytune.tasks.files.rows import Rows, further_rows, training_rows

TEXT = "Ada Lovelace left  London."
ADA = {"start": 0, "end": 12, "label": "person"}
LONDON = {"start": 19, "end": 25, "label": "big place"}


def table(*entities: Any) -> Table:
    rows = {"text": [TEXT] * len(entities), "entities": [*entities]}
    return Table("t", rows, range(1, len(entities) + 1))


def tags(found: Rows) -> list[str]:
    return list(found.dataset["label"][:])


def test_words_of_an_entity_are_tagged() -> None:
    found = training_rows(table([LONDON, ADA], []))
    assert found.target.kind == "tagging"
    assert found.target.label_names == ("O", "B-big_place", "B-person", "I-person")
    assert found.dataset["tokens"][0] == "Ada Lovelace left London."
    assert tags(found) == ["B-person I-person O B-big_place", "O O O O"]


def test_further_rows_may_have_no_entity() -> None:
    target = training_rows(table([ADA])).target
    assert tags(further_rows(table([], [ADA]), target)) == ["O O O O", "B-person I-person O O"]


def test_columns_can_be_named() -> None:
    given = Table("t", {"a": [TEXT], "b": [[ADA]]}, [1])
    assert tags(training_rows(given, ("a",), "b")) == ["B-person I-person O O"]


@pytest.mark.parametrize(
    ("entities", "says"),
    [
        ([ADA, {"start": 4, "end": 12, "label": "name"}], "two entities with the word 'Lovelace'"),
        ([{"start": 0, "end": 99, "label": "x"}], "counted in characters"),
        ([{"start": 3, "end": 3, "label": "x"}], "counted in characters"),
        ([{"start": "0", "end": 3, "label": "x"}], "counted in characters"),
        ([{"start": 0, "end": 3}], "counted in characters"),
        ([{"start": 17, "end": 19, "label": "x"}], "an entity of blanks at 17"),
    ],
)
def test_what_is_refused(entities: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        training_rows(table(entities))
