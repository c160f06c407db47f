"""SQuAD's nested articles and rows of questions are the same questions."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from steadytune import DataError
from steadytune.tasks.files._table import Table, table_of_records
from steadytune.tasks.files.json_rows import read_json
from steadytune.tasks.files.squad import lacks_answers, question_dataset, question_rows

from .fuzz import JSON_VALUES

CONTEXT = "The roof is red, the door is blue."
LISTS = {"text": ["red", "blue"], "answer_start": [12, 29]}
ANSWERS = [{"text": "red", "answer_start": 12}, {"text": "blue", "answer_start": 29}]
TEXTS = ("question", "context")


def nested(*questions: dict[str, Any]) -> Table:
    paragraph = {"context": CONTEXT, "qas": list(questions)}
    content = {"version": "1.1", "data": [{"title": "House", "paragraphs": [paragraph]}]}
    return read_json(BytesIO(json.dumps(content).encode()), "squad.json")


def flat(*rows: dict[str, Any]) -> Table:
    return table_of_records(list(enumerate(rows, start=1)), "rows.jsonl", "line")


def test_both_forms_give_the_same_rows() -> None:
    expected = {
        "id": ["a", "b"],
        "question": ["Which?", "What?"],
        "context": [CONTEXT] * 2,
        "answers": [LISTS, {"text": ["red"], "answer_start": [12]}],
    }
    asked = [
        {"id": "a", "question": "Which?", "answers": ANSWERS},
        {"id": "b", "question": "What?", "answers": ANSWERS[:1]},
    ]
    assert question_rows(nested(*asked), TEXTS, "answers") == expected
    for form in (expected["answers"], [ANSWERS, ANSWERS[:1]]):
        rows = [
            {"id": i, "question": q, "context": c, "answers": a}
            for i, q, c, a in zip("ab", ("Which?", "What?"), [CONTEXT] * 2, form, strict=True)
        ]
        assert question_rows(flat(*rows), TEXTS, "answers") == expected


def test_questions_without_id_are_named_by_their_number() -> None:
    table = nested({"question": "Which?", "answers": ANSWERS})
    assert question_rows(table, TEXTS, "answers")["id"] == ["1"]
    assert table.place(0) == "squad.json, question 1"


def test_numbers_serve_as_ids() -> None:
    rows = [{"id": n, "question": "?", "context": CONTEXT, "answers": LISTS} for n in (7, 8)]
    assert question_rows(flat(*rows), TEXTS, "answers")["id"] == ["7", "8"]


def test_ids_that_repeat_give_way_to_numbers_in_training_rows_alone() -> None:
    row = {"question": "?", "context": CONTEXT, "answers": LISTS}
    table = flat({"id": "a", **row}, {"id": "a", **row})
    assert question_rows(table, TEXTS, "answers", training=True)["id"] == ["1", "2"]
    with pytest.raises(DataError, match=r"line 2, column 'id' repeats 'a' of line 1"):
        question_rows(table, TEXTS, "answers")


def test_questions_without_answer() -> None:
    lacking = {"text": [], "answer_start": []}
    asked = [
        {"id": "a", "question": "Which?", "answers": ANSWERS, "is_impossible": False},
        {
            **{"id": "b", "question": "Who?", "answers": [], "is_impossible": True},
            "plausible_answers": ANSWERS[:1],
        },
    ]
    flat_rows = [{**row, "context": CONTEXT} for row in asked]
    as_text = [
        {**row, "answers": json.dumps(row["answers"]), "is_impossible": str(row["is_impossible"])}
        for row in flat_rows
    ]
    for table in (nested(*asked), flat(*flat_rows), flat(*as_text)):
        assert lacks_answers(table, "answers") == 1
        rows = question_rows(table, TEXTS, "answers", optional=True)
        assert rows["answers"] == [LISTS, lacking]
        with pytest.raises(DataError, match=r"(question|line) 2 has no answer: expected one"):
            question_rows(table, TEXTS, "answers")


def test_lists_that_are_all_empty_have_a_type() -> None:
    row = {"question": "Who?", "context": CONTEXT, "answers": []}
    both = [flat(row), flat({**row, "answers": LISTS})]
    none, some = (
        question_dataset(table, TEXTS, "answers", training=True, optional=True) for table in both
    )
    assert none.features == some.features
    assert some.features == Dataset.from_dict(some[:]).features


@pytest.mark.parametrize("impossible", [True, "TRUE", "1", "perhaps", 7, [], "0.0"])
def test_an_answer_to_what_is_impossible_is_refused(impossible: Any) -> None:
    row = {"question": "?", "context": CONTEXT, "answers": LISTS, "is_impossible": impossible}
    with pytest.raises(DataError, match=r"^rows.jsonl, line 1 has an answer and is_impossible"):
        question_rows(flat(row), TEXTS, "answers", optional=True)


@given(
    st.fixed_dictionaries(
        {"context": st.just(CONTEXT) | JSON_VALUES},
        optional=dict.fromkeys(("id", "question", "answers", "is_impossible"), JSON_VALUES),
    ),
    st.booleans(),
)
def test_any_row(row: dict[str, Any], optional: bool) -> None:
    table = flat({"id": 1, "question": "?", "answers": ANSWERS, **row})
    try:
        question_rows(table, TEXTS, "answers", optional=optional)
    except DataError as error:
        assert str(error).startswith("rows.jsonl, line 1")
        assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize("start", [True, 12.0, "12", -22, None])
def test_an_offset_is_a_whole_number(start: Any) -> None:
    answers = {"text": ["red"], "answer_start": [start]}
    table = flat({"question": "?", "context": CONTEXT, "answers": answers})
    with pytest.raises(DataError, match=r"rows.jsonl, line 1 has the answer"):
        question_rows(table, TEXTS, "answers")


def test_an_id_that_is_no_text_of_unicode_is_refused() -> None:
    row = {"id": "\ud800", "question": "Which?", "context": CONTEXT, "answers": LISTS}
    with pytest.raises(DataError, match="line 1, column 'id' contains half of a surrogate pair"):
        question_rows(flat(row), TEXTS, "answers", training=True)
