"""Question answering in SQuAD's forms: nested articles, or a row a question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ..._exceptions import DataError
from ._table import Table, shown, table_of_records

ID, QUESTION, CONTEXT, ANSWERS = "id", "question", "context", "answers"

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


class _Paragraph(_Part):
    context: str
    qas: list[_Question]


class _Article(_Part):
    paragraphs: list[_Paragraph]


class _Squad(_Part):
    data: list[_Article]


def nested_table(content: Any, name: str) -> Table:
    """One row a question of nested articles, numbered in the order of the file.

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


def question_rows(table: Table, columns: Sequence[str], answers: str) -> dict[str, list[Any]]:
    """The rows of a task of question answering: `id`, `question`, `context`, `answers`.

    Args:
        table: A row a question.
        columns: The columns of the question and of the context.
        answers: The column of the answers: {"text": [...], "answer_start": [...]}, or a list of
            {"text": ..., "answer_start": ...}.

    Raises:
        DataError: A row has no answer, an answer does not stand at its offset, or two rows have
            one id.
    """
    contexts = table.columns[columns[1]]
    return {
        ID: _identifiers(table),
        QUESTION: table.columns[columns[0]],
        CONTEXT: contexts,
        ANSWERS: [
            _checked_answers(table, row, answers, context) for row, context in enumerate(contexts)
        ],
    }


def _questions(squad: _Squad) -> Iterator[dict[str, Any]]:
    for article in squad.data:
        for paragraph in article.paragraphs:
            for question in paragraph.qas:
                yield {
                    **({} if question.id is None else {ID: question.id}),
                    QUESTION: question.question,
                    CONTEXT: paragraph.context,
                    ANSWERS: [answer.model_dump() for answer in question.answers],
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


def _identifiers(table: Table) -> list[str]:
    if ID not in table.columns:
        return [str(number) for number in table.numbers]
    first: dict[str, int] = {}
    for row, value in enumerate(table.columns[ID]):
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise table.error(row, ID, f"is {shown(value)}", "a name of the question")
        if first.setdefault(str(value), row) != row:
            found = f"repeats {shown(value)} of {table.unit} {table.numbers[first[str(value)]]}"
            raise table.error(row, ID, found, "one row an id")
    return list(first)


def _checked_answers(table: Table, row: int, column: str, context: str) -> dict[str, list[Any]]:
    answers = _pairs(table.columns[column][row])
    if answers is None:
        expected = 'answers such as {"text": ["..."], "answer_start": [0]}'
        raise table.error(row, column, f"is {shown(table.columns[column][row])}", expected)
    if not answers:
        raise table.error(row, column, "has no answer", "one or more, each a part of the context")
    for text, start in answers:
        if start < 0 or not text or context[start : start + len(text)] != text:
            there = context[max(start, 0) : max(start, 0) + len(text)]
            found = f"has the answer {shown(text)} at {start}, where the context has {shown(there)}"
            raise table.error(row, column, found, "an answer that stands at its offset")
    return {"text": [text for text, _ in answers], "answer_start": [start for _, start in answers]}


def _pairs(value: Any) -> list[tuple[str, int]] | None:
    """Answers as text and offset; None if they have another form."""
    if isinstance(value, dict):
        texts, starts = value.get("text"), value.get("answer_start")
        if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
            return None
        pairs = list(zip(texts, starts, strict=True))
    elif isinstance(value, list) and all(isinstance(answer, dict) for answer in value):
        pairs = [(answer.get("text"), answer.get("answer_start")) for answer in value]
    else:
        return None
    typed = all(isinstance(text, str) and type(start) is int for text, start in pairs)
    return pairs if typed else None
