"""Question answering in SQuAD's forms: nested articles, or a row per question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ..._exceptions import DataError
from ..qa_rows import IMPOSSIBLE, row_fault
from ._table import Table, shown, table_of_records
from .labels import is_unicode

if TYPE_CHECKING:
    from datasets import Dataset

ID, QUESTION, CONTEXT, ANSWERS = "id", "question", "context", "answers"

_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": None}
_PARTS = {"data": "article", "paragraphs": "paragraph", "qas": "question", "answers": "answer"}


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Answer(_Part):
    text: str
    answer_start: int


class _Question(_Part):
    id: str | int | None = None
    question: str
    answers: list[_Answer] = []
    is_impossible: bool | None = None


class _Paragraph(_Part):
    context: str
    qas: list[_Question]


class _Article(_Part):
    paragraphs: list[_Paragraph]


class _Squad(_Part):
    data: list[_Article]


def nested_table(content: Any, name: str) -> Table:
    """One row per question of nested articles, numbered in the order of the file.

    Args:
        content: The file's JSON: `data`, of `paragraphs`, of `context` and `qas`.
        name: What messages call the file.

    Raises:
        DataError: A part is missing or of a wrong type, or there is no question.
    """
    try:
        squad = _Squad.model_validate(content)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise DataError(
            f"{name}{_where(problem['loc'])}: {problem['msg']}; expected SQuAD's form; "
            f"correct the file"
        ) from None
    records = list(enumerate(_questions(squad), start=1))
    if not records:
        raise DataError(f"{name} has no question: expected one or more")
    return table_of_records(records, name, "question")


def lacks_answers(table: Table, answers: str) -> int:
    """The number of questions whose list of answers is empty."""
    found = (_lists(value) for value in table.columns[answers])
    return sum(isinstance(value, dict) and value.get("text") == [] for value in found)


def question_rows(
    table: Table,
    columns: Sequence[str],
    answers: str,
    *,
    training: bool = False,
    optional: bool = False,
) -> dict[str, list[Any]]:
    """The rows of a task of question answering: `id`, `question`, `context`, `answers`.

    Args:
        table: A row per question.
        columns: The columns of the question and of the context.
        answers: The column of the answers: {"text": [...], "answer_start": [...]}, or a list of
            {"text": ..., "answer_start": ...}; either may be JSON in a text.
        training: Whether ids may stand twice, as in the training rows of TyDi QA; then every row
            is named by its number instead.
        optional: Whether questions may have no answer.

    Raises:
        DataError: A row has no answer, an answer does not stand at its offset, or two rows that
            are evaluated have one id.
    """
    questions, contexts = (table.columns[column] for column in columns)
    found = [_lists(value) for value in table.columns[answers]]
    for row in range(len(table)):
        check_question(table, row, columns, answers, optional=optional)
    kept = [{key: value[key] for key in ("text", "answer_start")} for value in found]
    return {
        ID: _identifiers(table, training),
        QUESTION: questions,
        CONTEXT: contexts,
        ANSWERS: kept,
    }


def question_dataset(
    table: Table, columns: Sequence[str], answers: str, *, training: bool, optional: bool
) -> Dataset:
    """`question_rows` and `idx`; the arguments are the same."""
    from datasets import Dataset, Features, List, Value

    content = question_rows(table, columns, answers, training=training, optional=optional)
    text, number = Value("string"), Value("int64")
    types: dict[str, Any] = dict.fromkeys(content, text)
    # That of lists that are all empty could not be told.
    types[ANSWERS] = {"text": List(text), "answer_start": List(number)}
    content["idx"] = list(range(len(table)))
    return Dataset.from_dict(content, features=Features({**types, "idx": number}))


def check_question(
    table: Table, row: int, columns: Sequence[str], answers: str, *, optional: bool = False
) -> None:
    """Look at one row; the arguments are as for `question_rows`.

    Raises:
        DataError: It has no answer, or one that does not stand at its offset.
    """
    question, context = (table.columns[column][row] for column in columns)
    found = _lists(table.columns[answers][row])
    impossible = _flag(table.columns[IMPOSSIBLE][row]) if IMPOSSIBLE in table.columns else None
    asked = {QUESTION: question, CONTEXT: context, ANSWERS: found, IMPOSSIBLE: impossible}
    fault = row_fault(asked, optional=optional)
    if fault is not None:
        raise DataError(f"{table.place(row)} {fault}; correct the file")


def _questions(squad: _Squad) -> Iterator[dict[str, Any]]:
    for article in squad.data:
        for paragraph in article.paragraphs:
            for question in paragraph.qas:
                said = question.is_impossible
                yield {
                    **({} if question.id is None else {ID: question.id}),
                    QUESTION: question.question,
                    CONTEXT: paragraph.context,
                    ANSWERS: [answer.model_dump() for answer in question.answers],
                    **({} if said is None else {IMPOSSIBLE: said}),
                }


def _where(location: Sequence[str | int]) -> str:
    """`, article 1, paragraph 2, context` of ("data", 0, "paragraphs", 1, "context")."""
    parts = []
    for part, following in zip(location, [*location[1:], ""], strict=True):
        if isinstance(part, str) and isinstance(following, int):
            parts.append(f"{_PARTS.get(part, part)} {following + 1}")
        elif isinstance(part, str):
            parts.append(part)
    return "".join(f", {part}" for part in parts)


def _identifiers(table: Table, training: bool) -> list[str]:
    numbers = [str(number) for number in table.numbers]
    first: dict[str, int] = {}
    for row, value in enumerate(table.columns.get(ID, numbers)):
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise table.error(row, ID, f"is {shown(value)}", "a name of the question")
        if not is_unicode(str(value)):
            raise table.error(row, ID, "contains half of a surrogate pair", "plain text")
        if first.setdefault(str(value), row) != row and not training:
            found = f"repeats {shown(value)} of {table.unit} {table.numbers[first[str(value)]]}"
            raise table.error(row, ID, found, "one row an id")
    return list(first) if len(first) == len(table) else numbers


def _lists(value: Any) -> Any:
    """Answers as `datasets` holds them, of a list of answers; anything else is left as it is.

    Formats without lists, such as CSV, have them as JSON.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    if not isinstance(value, list) or not all(isinstance(answer, dict) for answer in value):
        return value
    return {key: [answer.get(key) for answer in value] for key in ("text", "answer_start")}


def _flag(value: Any) -> Any:
    """Whether a question has no answer, of a cell that may be text; else as it is."""
    return _FLAGS.get(value.strip().lower(), value) if isinstance(value, str) else value
