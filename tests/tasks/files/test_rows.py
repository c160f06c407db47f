"""Rows of a task from tables: texts under the task's names, truth, and what has to fit."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import ClassLabel
from hypothesis import given
from hypothesis import strategies as st

from steadytune import DataError
from steadytune._exceptions import SteadytuneError
from steadytune.tasks.files._table import Table, table_of_records
from steadytune.tasks.files.columns import Columns
from steadytune.tasks.files.delimited import read_csv
from steadytune.tasks.files.label_mapping import Target
from steadytune.tasks.files.rows import (
    further_rows,
    lacks_label,
    training_rows,
    unlabelled_rows,
)

from .fuzz import JSON_VALUES, table_of

PAIRS = Target("classification", ("sentence1", "sentence2"), ("no", "yes"))
SINGLE = Target("classification", ("text",), ("no", "yes"))
QUESTIONS = Target("qa", ("question", "context"))
ANSWERS = {"text": ["red"], "answer_start": [0]}


def table(**columns: list[Any]) -> Table:
    count = len(next(iter(columns.values())))
    return Table("rows.csv", columns, range(2, count + 2), "line")


def test_texts_get_the_tasks_names() -> None:
    rows = training_rows(table(review=["a", "b"], stars=["yes", "no"]))
    assert rows.target == SINGLE
    assert rows.dataset[:] == {"text": ["a", "b"], "label": [1, 0], "idx": [0, 1]}
    assert rows.dataset.features["label"] == ClassLabel(names=["no", "yes"])
    assert rows.notes == ("rows.csv: 2 rows; text: review; label: stars (no, yes)",)


def test_a_pairs_second_text_can_be_empty() -> None:
    rows = training_rows(table(premise=["a", "b"], hypothesis=["", "c"], label=["yes", "no"]))
    assert rows.target == PAIRS
    assert rows.dataset["sentence2"][:] == ["", "c"]
    with pytest.raises(DataError, match="line 2, column 'premise' is empty"):
        training_rows(table(premise=["", "b"], hypothesis=["", "c"], label=["yes", "no"]))
    with pytest.raises(DataError, match="line 2, column 'hypothesis' is empty"):
        training_rows(table(premise=["a", "b"], hypothesis=[None, "c"], label=["yes", "no"]))


def test_numbers_are_said_to_be_regression() -> None:
    rows = training_rows(table(text=["a", "b"], score=["0.5", "2"]))
    assert rows.target == Target("regression", ("text",))
    assert rows.dataset["label"][:] == [0.5, 2.0]
    assert "number: score; numbers with a fraction, so this is regression" in rows.notes[0]


def test_rows_with_answers_are_of_question_answering() -> None:
    content = table(question=["Which?"], context=["red"], answers=[ANSWERS], title=["x"])
    rows = training_rows(content)
    assert rows.target == QUESTIONS
    assert rows.dataset[0] == {
        **{"id": "2", "question": "Which?", "context": "red", "answers": ANSWERS},
        "idx": 0,
    }
    assert rows.notes == ("rows.csv: 1 row; text: question and context; answers: answers",)


def test_one_question_without_answer_makes_another_kind() -> None:
    content = table(question=["Which?", "Who?"], context=["red"] * 2, answers=[ANSWERS, []])
    rows = training_rows(content)
    assert rows.target == Target("qa_no_answer", ("question", "context"))
    assert rows.dataset["answers"][1] == {"text": [], "answer_start": []}
    assert rows.notes[0].endswith("answers: answers; 1 without an answer")
    answered = table(question=["Which?"], context=["red"], answers=[ANSWERS])
    assert further_rows(answered, rows.target).notes[0].endswith("; 0 without an answer")
    for read in (
        lambda: training_rows(content, kind="qa"),
        lambda: further_rows(content, QUESTIONS),
    ):
        with pytest.raises(DataError, match="line 3 has no answer: expected one or more"):
            read()
    nothing = table(question=["Who?"], context=["red"], answers=[[]])
    with pytest.raises(DataError, match=r"no training row of rows.csv, column 'answers', has an"):
        training_rows(nothing)
    assert training_rows(answered, kind="qa_no_answer").target == rows.target


def test_columns_that_are_named_make_classes_of_questions() -> None:
    content = table(question=["Who?", "Where?"], context=["", ""], answers=["person", "place"])
    named = training_rows(content, ("question",), "answers")
    assert named.target.label_names == ("person", "place")


def test_further_rows_may_have_other_columns() -> None:
    same = further_rows(
        table(review=["a"], stars=["yes"], text=["x"]), SINGLE, ("review",), "stars"
    )
    assert same.dataset[:] == {"text": ["a"], "label": [1], "idx": [0]}
    other = further_rows(table(tweet=["a"], label=["no"]), SINGLE, ("review",), "stars")
    assert other.dataset[:] == {"text": ["a"], "label": [0], "idx": [0]}
    assert other.notes == ("rows.csv: 1 row; text: tweet; label: label (no, yes)",)


@pytest.mark.parametrize(("text", "label"), [(("review",), "label"), (("tweet",), "stars")])
def test_columns_that_are_required_have_to_be_there(text: tuple[str, ...], label: str) -> None:
    rows = table(tweet=["a"], label=["no"])
    found = further_rows(rows, SINGLE, ("tweet",), "label", required=(True, True))
    assert found.dataset[:] == {"text": ["a"], "label": [0], "idx": [0]}
    with pytest.raises(DataError, match=r"^rows\.csv has no column '(review|stars)'"):
        further_rows(rows, SINGLE, text, label, required=(True, True))


def test_further_rows_get_the_names_of_a_named_task() -> None:
    target = Target("classification", ("sentence",), ("no", "yes"))
    assert further_rows(table(text=["a"], label=["no"]), target).dataset.column_names == [
        *("sentence", "label", "idx")
    ]


def test_texts_to_predict_for_need_no_label() -> None:
    rows = unlabelled_rows(table(text=["a", "b"], label=["?", None]), ("text",))
    assert rows.dataset[:] == {"text": ["a", "b"], "idx": [0, 1]}
    assert rows.notes == ("rows.csv: 2 rows; text: text",)
    pairs = unlabelled_rows(table(a=["x"], b=["y"]), ("sentence1", "sentence2"), ("b", "a"))
    assert pairs.dataset[:] == {"sentence1": ["y"], "sentence2": ["x"], "idx": [0]}
    asked = unlabelled_rows(table(context=["c"], question=["q"]), ("question", "context"))
    assert asked.dataset[:] == {"question": ["q"], "context": ["c"], "idx": [0]}


def test_texts_to_predict_for_are_checked() -> None:
    with pytest.raises(DataError, match="line 3, column 'text' is empty"):
        unlabelled_rows(table(text=["a", ""]), ("text",))
    with pytest.raises(DataError, match="expected 2"):
        unlabelled_rows(table(text=["a"], label=["x"]), ("sentence1", "sentence2"), ("text",))


ROWS = st.fixed_dictionaries(
    {"text": JSON_VALUES | st.text(min_size=1, max_size=3)},
    optional={
        "label": JSON_VALUES | st.sampled_from([0, 1, "a"]),
        **{name: JSON_VALUES for name in ("question", "context", "answers", "sentence")},
    },
)


@given(st.text('ab,;"\n\x1b01.', max_size=40))
def test_any_csv(content: str) -> None:
    try:
        rows = training_rows(table_of(read_csv, content.encode()))
    except SteadytuneError as error:
        assert str(error).isprintable()
    else:
        assert all(note.isprintable() for note in rows.notes)


@given(
    st.lists(ROWS, min_size=1, max_size=4),
    st.sampled_from([None, "classification", "regression", "qa", "qa_no_answer"]),
)
def test_any_rows(content: list[dict[str, Any]], kind: str | None) -> None:
    rows = table_of_records(list(enumerate(content, start=1)), "rows", "line")
    for read in (
        lambda: training_rows(rows, kind=kind),
        lambda: further_rows(rows, SINGLE),
        lambda: unlabelled_rows(rows, ("text",)),
    ):
        try:
            found = read()
        except SteadytuneError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert len(found.dataset) == len(content)


@pytest.mark.parametrize(
    ("kind", "columns", "lacks"),
    [
        ("classification", ("id", "text"), True),
        ("classification", ("id", "text", "verdict"), False),
        ("classification", ("text", "Label"), False),
        ("multilabel", ("text", "joy", "anger"), False),
        ("multilabel", ("text", "joy"), True),
        ("seq2seq", ("text", "stars"), True),
        ("seq2seq", ("text", "summary"), False),
        ("tagging", ("text", "ner_tags"), False),
        ("qa", ("question", "context"), True),
        ("qa", ("question", "context", "answers"), False),
    ],
)
def test_rows_without_a_label_are_known(kind: str, columns: tuple[str, ...], lacks: bool) -> None:
    truth = "joy,anger" if kind == "multilabel" else "verdict"
    rows = table(**{name: ["a"] for name in columns})
    assert lacks_label(rows, kind, Columns(("text",), truth)) == lacks


def test_a_guess_at_another_label_is_said() -> None:
    rows = table(text=["a"], rating=["no"])
    (warning,) = further_rows(rows, SINGLE, ("text",), "verdict").warnings
    assert warning == (
        "rows.csv has no column 'verdict', the label in training: 'rating' is a guess; rename the "
        "column of the label"
    )
    assert further_rows(rows, SINGLE, ("text",), "rating").warnings == ()
    assert further_rows(rows, SINGLE).warnings == ()
