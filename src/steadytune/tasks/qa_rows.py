"""Rows of questions, contexts and answers: each answer must stand where it says it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._exceptions import DataError

if TYPE_CHECKING:
    from datasets import Dataset

IMPOSSIBLE = "is_impossible"
"""The column of SQuAD 2 that says whether a question has no answer."""

_SHOWN = 40


def check_answers(rows: Dataset, where: str, *, optional: bool = False) -> None:
    """Look at every row's texts and answers.

    Args:
        rows: Rows with `question`, `context`, `answers` and, for the text of an error, `id`.
        where: What the rows are, for the text of an error.
        optional: Whether a row may have no answer.

    Raises:
        DataError: A question or context is not text, or a row has no answer, an empty one, or one
            that does not stand at its offset; the text names the row, counted from 1.
    """
    for number, row in enumerate(rows.with_format(None), start=1):
        fault = row_fault(row, optional=optional)
        if fault is not None:
            identifier = f" (id {row['id']})" if "id" in row else ""
            raise DataError(f"row {number}{identifier} of {where} {fault}")


def row_fault(row: Mapping[str, Any], *, optional: bool = False) -> str | None:
    """What is wrong with a row of `question`, `context` and `answers`, or None.

    Args:
        row: The row; `is_impossible`, where it has that, says whether it has no answer.
        optional: Whether it may have none.
    """
    for column in ("question", "context"):
        if not isinstance(row[column], str):
            return f"has the {column} {_short(row[column])}: expected text"
    answers = row["answers"]
    if not _is_lists(answers):
        return (
            f"has the answers {_short(answers)}: expected lists of equal length, "
            '{"text": [...], "answer_start": [...]}'
        )
    if (impossible := row.get(IMPOSSIBLE)) not in (None, not answers["text"]):
        has = "has an answer" if answers["text"] else "has no answer"
        return f"{has} and {IMPOSSIBLE} {_short(impossible)}: expected {not answers['text']}"
    if not answers["text"] and not optional:
        return (
            "has no answer: expected one or more; leave out the question, or train on such "
            "questions too (`kind=qa_no_answer`)"
        )
    places = zip(answers["text"], answers["answer_start"], strict=True)
    faults = (_answer_fault(text, start, row["context"]) for text, start in places)
    return next((fault for fault in faults if fault is not None), None)


def _is_lists(answers: Any) -> bool:
    if not isinstance(answers, Mapping):
        return False
    texts, starts = answers.get("text"), answers.get("answer_start")
    return isinstance(texts, list) and isinstance(starts, list) and len(texts) == len(starts)


def _answer_fault(text: Any, start: Any, context: str) -> str | None:
    if not isinstance(text, str) or not text.strip():
        return f"has the answer {_short(text)}: expected text of its context"
    if isinstance(start, bool) or not isinstance(start, int):
        return f"has the answer_start {_short(start)}: expected the place of its first character"
    if start < 0 or context[start : start + len(text)] != text:
        return (
            f"has the answer {_short(text)} at {start}, where its context "
            f"{_found(text, start, context)}"
        )
    return None


def _found(text: str, start: int, context: str) -> str:
    """What stands there, and where the answer is if it stands elsewhere."""
    there = context[start : start + len(text)] if start >= 0 else ""
    found = f"has {_short(there)}" if there else f"of {len(context)} characters has nothing"
    elsewhere = context.find(text)
    if elsewhere < 0:
        return f"{found}: expected a text from its context"
    return f"{found}: expected answer_start {elsewhere}, counted in characters from 0"


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."
