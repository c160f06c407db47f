"""Which columns of a table are the texts and the truth: as named, or guessed from their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..._checks import near
from ..._counted import counted
from ..._exceptions import DataError
from ._table import Table, listed, plain, shown
from .labels import is_number
from .squad import ANSWERS, CONTEXT, QUESTION

QUESTION_KINDS = QUESTION_ANSWERING, OPTIONAL_ANSWERS = "qa", "qa_no_answer"

TEXT_PAIRS = (
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("text1", "text2"),
    ("text_a", "text_b"),
    ("sentence_a", "sentence_b"),
    ("sentence", "sentence_pair"),
    ("question", "sentence"),
    ("query", "passage"),
    ("query", "document"),
)
"""Names by which pairs of texts are known, the likeliest first."""

TEXTS = (
    *("text", "sentence", "review", "review_text", "review_body", "content", "comment", "tweet"),
    *("message", "body", "document", "utterance", "headline", "description", "abstract"),
    *("question", "query", "title"),
)
"""Names by which single texts are known, the likeliest first."""

LABELS = (
    *("label", "labels", "target", "class", "category", "sentiment", "gold_label", "score"),
    *("rating", "stars", "similarity", "emotion", "intent", "topic", "label_text"),
)
"""Names by which the truth is known, the likeliest first."""

WRITTEN = (
    *("target", "summary", "highlights", "output", "translation", "completion", "response"),
    *("answer", "label", "labels"),
)
"""Names by which a text to generate is known, the likeliest first."""

_TEXT_NAMES = {*TEXTS, *(name for pair in TEXT_PAIRS for name in pair)}


@dataclass(frozen=True)
class Columns:
    """The columns that are read.

    Args:
        texts: One, two for pairs, or question and context.
        truth: The label, or the answers; None where there is no truth to read.
    """

    texts: tuple[str, ...]
    truth: str | None


NO_COLUMNS = Columns((), None)
"""Where nothing is known of the columns."""


def holds_questions(table: Table) -> bool:
    """Whether a table has the columns of SQuAD."""
    return {QUESTION, CONTEXT, ANSWERS} <= set(table.columns)


def choose_columns(
    table: Table,
    text: Sequence[str] = (),
    label: str | None = None,
    *,
    questions: bool = False,
    labelled: bool = True,
    count: int | None = None,
    written: bool = False,
    further: bool = False,
) -> Columns:
    """The columns that were named, and a guess at the others.

    Args:
        table: The rows.
        text: Names of the text columns; empty to guess.
        label: Name of the truth; None to guess.
        questions: Whether the rows are of question answering.
        labelled: Whether there is a truth to read.
        count: How many text columns there must be; None for one or two.
        written: Whether the truth is a text to generate.
        further: Whether the rows are no training rows, and may lack a label: the only column left
            is then no guess at it.

    Raises:
        DataError: A column that was named is not there, or there is nothing to guess by.
    """
    named = [*text, *([label] if label else [])]
    if len(set(text)) < len(text) or len(text) > 2 or label in text:
        raise DataError(
            f"columns {listed(named)} of {table.name} cannot be texts and label: expected one text "
            f"column or two, and another for the label"
        )
    for name in named:
        require_column(table, name)
    if questions:
        return _of_questions(table, text, label, labelled)
    usual = WRITTEN if written else LABELS
    truth = (label or _guess_label(table, text, usual, further)) if labelled else None
    texts = tuple(text) or _guess_texts(table, truth, count)
    if count is not None and len(texts) != count:
        raise DataError(
            f"{table.name} gives {len(texts)} text columns ({listed(texts)}): expected {count}, "
            f"as in the training rows; name them with `text`"
        )
    return Columns(texts, truth)


def _of_questions(table: Table, text: Sequence[str], label: str | None, labelled: bool) -> Columns:
    texts = tuple(text) or (QUESTION, CONTEXT)
    truth = (label or ANSWERS) if labelled else None
    for name in (*texts, *([truth] if truth else [])):
        require_column(table, name)
    if len(texts) != 2:
        raise DataError(
            f"{table.name}: question answering has two texts, got {listed(texts)}: expected the "
            f"columns of question and context; give `text` twice"
        )
    return Columns(texts, truth)


def require_column(table: Table, name: str) -> None:
    """Refuse a name that no column has.

    Raises:
        DataError: There is none; the text names near matches.
    """
    if name not in table.columns:
        guess = near(name, table.columns, show=plain, end=" ")
        raise DataError(
            f"{table.name} has no column {shown(name)}: {guess}its columns are "
            f"{listed(list(table.columns))}"
        )


def _guess_label(table: Table, texts: Sequence[str], usual: Sequence[str], further: bool) -> str:
    known = _by_folded_name(table)
    for name in usual:
        if name in known and known[name] not in texts:
            return known[name]
    likely = set(texts) or {known[name] for name in _TEXT_NAMES if name in known}
    others = [name for name in table.columns if name not in likely]
    if likely and len(others) == 1 and not further:
        return others[0]
    if lists := [name for name, cells in table.columns.items() if _holds_lists(cells)]:
        raise DataError(
            f"{table.name} has lists ({listed(lists)}) and no column with a usual name for a "
            f"label: name it with `label`, and for tags of words give `kind=tagging`"
        )
    raise DataError(
        f"{table.name} has no column with a usual name for a label: its columns are "
        f"{listed(list(table.columns))}; name it with `label`"
    )


def _holds_lists(cells: Sequence[object]) -> bool:
    return any(isinstance(cell, list) for cell in cells)


def _guess_texts(table: Table, truth: str | None, count: int | None) -> tuple[str, ...]:
    known = {folded: name for folded, name in _by_folded_name(table).items() if name != truth}
    for first, second in TEXT_PAIRS:
        if count != 1 and first in known and second in known:
            return known[first], known[second]
    if count != 2:
        for name in TEXTS:
            if name in known:
                return (known[name],)
    candidates = [name for name in table.columns if name != truth and _is_text(table, name)]
    if len(candidates) == (count or 1):
        return tuple(candidates)
    number = counted(len(candidates), "column")
    unknown = f"{number} of text ({listed(candidates)}), none with a usual name"
    found = unknown if candidates else "no column of text"
    expected = f"expected {counted(count, 'text column')}; " if count else ""
    raise DataError(
        f"{table.name} has {found}: {expected}its columns are "
        f"{listed(list(table.columns))}; name the text with `text`"
    )


def _by_folded_name(table: Table) -> dict[str, str]:
    # The first of several names that differ in case alone is the one that is guessed.
    return {name.strip().casefold(): name for name in reversed(table.columns)}


def _is_text(table: Table, column: str) -> bool:
    values = table.columns[column]
    return all(isinstance(value, str) for value in values) and not all(map(is_number, values))
