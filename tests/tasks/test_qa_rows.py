"""Every way in which a row of questions and answers can be wrong, in one line."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import Dataset

from steadytune._exceptions import DataError
from steadytune.tasks.qa_rows import check_answers, row_fault

GOOD = {"text": ["date"], "answer_start": [4]}


def rows(answers: Any, **columns: Any) -> Dataset:
    columns = {"id": "b7", "question": "What?", "context": "the date is", **columns}
    return Dataset.from_list([{**columns, "answers": GOOD}, {**columns, "answers": answers}])


def fault(dataset: Dataset) -> str:
    with pytest.raises(DataError) as caught:
        check_answers(dataset, "train of squad")
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    "answers",
    [GOOD, {"text": ["the", "date is"], "answer_start": [0, 4]}],
)
def test_good_ones(answers: Any) -> None:
    check_answers(rows(answers), "train")
    check_answers(rows(answers).with_format("numpy"), "train")
    check_answers(rows(answers).remove_columns("id"), "train")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"text": [], "answer_start": []}, "has no answer: expected one or more; leave out the"),
        ({"text": ["date"], "answer_start": [5]}, "'date' at 5, where its context has 'ate '"),
        ({"text": ["date"], "answer_start": [5]}, "expected answer_start 4, counted in characters"),
        ({"text": ["date"], "answer_start": [-7]}, "'date' at -7, where its context of 11 char"),
        (
            {"text": ["date"], "answer_start": [99]},
            "of 11 characters has nothing: expected answer_s",
        ),
        ({"text": ["year"], "answer_start": [4]}, "'date': expected a text from its context"),
        ({"text": ["Date"], "answer_start": [4]}, "expected a text from its context"),
        ({"text": ["date", "is"], "answer_start": [4, 0]}, "has the answer 'is' at 0"),
        ({"text": [""], "answer_start": [4]}, "has the answer '': expected text of its context"),
        ({"text": [" "], "answer_start": [3]}, "has the answer ' ': expected text"),
        ({"text": [None], "answer_start": [3]}, "has the answer None: expected text"),
        (
            {"text": ["date"], "answer_start": [None]},
            "has the answer_start None: expected the place",
        ),
        ({"text": ["date"], "answer_start": [4, 5]}, "expected lists of equal length"),
        ({"text": ["date"], "answer_start": None}, "expected lists of equal length"),
        (None, "has the answers None: expected lists"),
    ],
)
def test_bad_answers(answers: Any, told: str) -> None:
    text = fault(rows(answers))
    assert text.startswith("row 2 (id b7) of train of squad has ") and told in text


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([{"text": "date", "answer_start": 4}], "expected lists of equal length"),
        ({"text": "date", "answer_start": 4}, "expected lists of equal length"),
        ({"text": ["date"], "answer_start": [4.0]}, "has the answer_start 4.0"),
        ({"text": ["date"], "answer_start": [True]}, "has the answer_start True"),
        ({"text": [7], "answer_start": [4]}, "has the answer 7"),
        ({"text": ["date"]}, "expected lists of equal length"),
        ("date", "has the answers 'date'"),
    ],
)
def test_answers_of_another_form(answers: Any, told: str) -> None:
    dataset = Dataset.from_list([{"question": "What?", "context": "the date", "answers": answers}])
    text = fault(dataset)
    assert text.startswith("row 1 of train of squad has ") and told in text


@pytest.mark.parametrize("column", ["question", "context"])
def test_texts_that_are_none(column: str) -> None:
    assert f"has the {column} None: expected text" in fault(rows(GOOD, **{column: None}))


NONE: dict[str, list[Any]] = {"text": [], "answer_start": []}


@pytest.mark.parametrize("impossible", [{}, {"is_impossible": True}, {"is_impossible": None}])
def test_a_row_may_have_no_answer_where_that_is_known(impossible: dict[str, Any]) -> None:
    row = {"question": "What?", "context": "the date", "answers": NONE, **impossible}
    assert row_fault(row, optional=True) is None
    told = row_fault(row)
    assert told is not None and told.startswith("has no answer") and "qa_no_answer" in told


@pytest.mark.parametrize(
    ("answers", "impossible", "told"),
    [
        (NONE, False, "has no answer and is_impossible False: expected True"),
        (GOOD, True, "has an answer and is_impossible True: expected False"),
        (GOOD, "perhaps", "has an answer and is_impossible 'perhaps': expected False"),
        (NONE, [], "has no answer and is_impossible []: expected True"),
    ],
)
def test_what_is_said_to_be_impossible_has_no_answer(
    answers: Any, impossible: Any, told: str
) -> None:
    row = {"question": "What?", "context": "the date", "answers": answers}
    assert row_fault({**row, "is_impossible": impossible}, optional=True) == told


def test_long_answers_are_shown_by_their_beginning() -> None:
    text = fault(rows({"text": ["x" * 1000], "answer_start": [0]}))
    assert len(text) < 200 and "xxx..." in text
