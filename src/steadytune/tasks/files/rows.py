"""Makes a task's rows of a table: checked texts under the task's names, truth, and identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..._counted import counted
from ..._exceptions import DataError
from .._problems import PROBLEMS
from ._table import Table, listed, plain, shown
from .columns import (
    LABELS,
    OPTIONAL_ANSWERS,
    QUESTION_ANSWERING,
    QUESTION_KINDS,
    WRITTEN,
    Columns,
    choose_columns,
    holds_questions,
)
from .label_mapping import Target, map_labels
from .label_sets import (
    MULTILABEL,
    check_label_set,
    holds_sets,
    map_label_sets,
    parts_of,
    read_label_sets,
    with_indicators,
)
from .labels import (
    CLASSIFICATION,
    ORDINAL,
    REGRESSION,
    SEQ2SEQ,
    grade_of,
    is_unicode,
    number_of,
    read_labels,
    scalar_label,
)
from .squad import ANSWERS, CONTEXT, QUESTION, check_question, lacks_answers, question_dataset
from .tags import (
    TAGGING,
    TAGS,
    blanks_remark,
    check_tagged,
    choose_tag_columns,
    holds_words,
    tag_names,
    tagged_rows,
)

if TYPE_CHECKING:
    from datasets import Dataset

SINGLE, PAIR, QUESTIONS = ("text",), ("sentence1", "sentence2"), (QUESTION, CONTEXT)
"""Names of the text columns of a task, whatever a file calls them."""

SENTENCES = PROBLEMS[TAGGING].columns
"""The column of words of a task of tagging."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows as a task holds them, and how they were read.

    Args:
        dataset: The text columns, the truth and `idx`, the place of the row in its file from 0.
        target: What these rows are, and further rows have to fit.
        columns: Where texts and truth were read.
        notes: What was guessed, a line each.
        table: The same rows with all columns of the file, without bad ones left out.
    """

    dataset: Dataset
    target: Target
    columns: Columns
    notes: tuple[str, ...]
    table: Table

    @property
    def warnings(self) -> tuple[str, ...]:
        """What looks wrong in the file, a line each."""
        return self.table.warnings


def training_rows(
    table: Table,
    text: Sequence[str] = (),
    label: str | None = None,
    kind: str | None = None,
    *,
    positive: str | None = None,
) -> Rows:
    """The rows that say what the task is: its kind, its text columns, its classes.

    Args:
        table: The rows as the file holds them.
        text: The text columns; empty to guess.
        label: The column of the truth; None to guess.
        kind: One of `PROBLEMS`; None to guess.
        positive: The class of two that F1 is of: it gets the number 1.

    Raises:
        DataError: A column is not there, a row lacks a text or a truth, or the positive class is
            not one of two.
    """
    named = bool(text or label)
    if kind in QUESTION_KINDS or (kind is None and not named and holds_questions(table)):
        return _training_questions(table, choose_columns(table, text, label, questions=True), kind)
    if kind == TAGGING or (kind is None and holds_words(table, text, label)):
        return _training_sentences(table, choose_tag_columns(table, text, label), positive)
    if kind == MULTILABEL:
        table = with_indicators(table, label)
    columns = choose_columns(table, text, label, written=kind == SEQ2SEQ)
    assert columns.truth is not None
    names = SINGLE if len(columns.texts) == 1 else PAIR
    if kind is None and holds_sets(table.columns[columns.truth]):
        kind = MULTILABEL
    table = _usable(table, columns, names, kind)
    several = kind == MULTILABEL
    labels = (
        read_label_sets(table, columns.truth)
        if several
        else read_labels(table, columns.truth, kind)
    )
    if positive is not None:
        labels = labels.with_positive(positive)
    target = Target(labels.kind, names, labels.names, labels.numbered)
    remarks = [labels.remark] if labels.remark else []
    dataset = _dataset(_texts(table, columns, names), labels.values, target)
    PROBLEMS[target.kind].check_training_rows(
        dataset, f"{table.name}, column {shown(columns.truth)},"
    )
    return Rows(dataset, target, columns, (_note(table, columns, target, remarks),), table)


def further_rows(
    table: Table,
    target: Target,
    text: Sequence[str] = (),
    label: str | None = None,
    *,
    required: tuple[bool, bool] = (False, False),
) -> Rows:
    """Rows to evaluate on or to choose by, which have to fit what is trained on.

    Args:
        table: The rows as the file holds them.
        target: What they have to fit.
        text: The text columns of the training rows; where the file has others, they are guessed.
        label: The column of the truth of the training rows, likewise.
        required: Whether the text columns, and the label, that are given have to be there.

    Raises:
        DataError: A column is not there, a row lacks a text or a truth, or a label does not fit.
    """
    if target.kind == MULTILABEL and (required[1] or not set(parts_of(label)) - set(table.columns)):
        table = with_indicators(table, label)
    there, known = _those_there(table, text, label)
    columns = _further_columns(
        table, target, text if required[0] else there, label if required[1] else known
    )
    assert columns.truth is not None
    table = _with_guess_said(table, label, columns.truth)
    if target.kind == TAGGING:
        return _sentences(table, columns, target)
    if target.kind in QUESTION_KINDS:
        return _question_rows(table, columns, target.kind)
    table = _usable(table, columns, target.columns, target.kind)
    several = target.kind == MULTILABEL
    labels = (map_label_sets if several else map_labels)(table, columns.truth, target)
    remarks = [labels.remark] if labels.remark else []
    dataset = _dataset(_texts(table, columns, target.columns), labels.values, target)
    note = _note(table, columns, target, remarks)
    return Rows(dataset, target, columns, (note,), table)


def lacks_label(table: Table, kind: str, columns: Columns) -> bool:
    """Whether no column of further rows is a label.

    Args:
        table: The rows.
        kind: The kind of the training rows.
        columns: The columns of the training rows, as far as they are known.
    """
    parts = parts_of(columns.truth)
    if columns.truth in table.columns or (parts and set(parts) <= set(table.columns)):
        return False
    usual = {SEQ2SEQ: WRITTEN, TAGGING: TAGS, **dict.fromkeys(QUESTION_KINDS, (ANSWERS,))}
    others = {name.strip().casefold() for name in table.columns if name not in columns.texts}
    return others.isdisjoint(usual.get(kind, LABELS))


def unlabelled_rows(table: Table, columns: Sequence[str], text: Sequence[str] = ()) -> Rows:
    """Texts to predict for: no truth is read, though there may be one.

    Args:
        table: The rows as the file holds them.
        columns: The text columns of the task: their number counts, and whether they are question
            and context.
        text: Their names in the file; empty to guess.

    Raises:
        DataError: A column is not there, or a row lacks a text.
    """
    if tuple(columns) == SENTENCES:
        words = choose_tag_columns(table, text, labelled=False)
        return _sentences(table, words, Target(TAGGING, SENTENCES))
    questions = tuple(columns) == QUESTIONS
    chosen = choose_columns(table, text, questions=questions, labelled=False, count=len(columns))
    target = Target(QUESTION_ANSWERING if questions else "", tuple(columns))
    table = _usable(table, chosen, target.columns, None)
    texts = _texts(table, chosen, target.columns)
    notes = (_note(table, chosen, target, []),)
    return Rows(_dataset(texts, None, target), target, chosen, notes, table)


def _those_there(
    table: Table, text: Sequence[str], label: str | None
) -> tuple[Sequence[str], str | None]:
    there = set(table.columns)
    text = text if set(text) <= there else ()
    return text, label if label in there and label not in text else None


def _further_columns(
    table: Table, target: Target, text: Sequence[str], label: str | None
) -> Columns:
    if target.kind == TAGGING:
        return choose_tag_columns(table, text, label)
    return choose_columns(
        table,
        text,
        label,
        questions=target.kind in QUESTION_KINDS,
        count=len(target.columns),
        written=target.kind == SEQ2SEQ,
        further=True,
    )


def _with_guess_said(table: Table, label: str | None, truth: str) -> Table:
    """The table with a warning where another column is read than the training rows' label."""
    if label in (None, truth):
        return table
    warning = (
        f"{table.name} has no column {shown(label)}, the label in training: {shown(truth)} is a "
        f"guess; rename the column of the label"
    )
    return replace(table, warnings=(*table.warnings, warning))


def _training_questions(table: Table, columns: Columns, kind: str | None) -> Rows:
    assert columns.truth is not None
    if kind is None:
        lack = lacks_answers(table, columns.truth)
        kind = OPTIONAL_ANSWERS if lack else QUESTION_ANSWERING
    rows = _question_rows(table, columns, kind, training=True)
    where = f"{table.name}, column {shown(columns.truth)},"
    PROBLEMS[kind].check_training_rows(rows.dataset, where)
    return rows


def _question_rows(table: Table, columns: Columns, kind: str, *, training: bool = False) -> Rows:
    assert columns.truth is not None
    table, optional = _usable(table, columns, QUESTIONS, kind), kind == OPTIONAL_ANSWERS
    dataset = question_dataset(
        table, columns.texts, columns.truth, training=training, optional=optional
    )
    remarks = [f"{lacks_answers(table, columns.truth)} without an answer"] if optional else []
    target = Target(kind, QUESTIONS)
    return Rows(dataset, target, columns, (_note(table, columns, target, remarks),), table)


def _training_sentences(table: Table, columns: Columns, positive: str | None) -> Rows:
    if positive is not None:
        raise DataError(
            f"positive {shown(positive)} was given for tagging, whose F1 is over entities: "
            f"expected none; leave `positive` out"
        )
    assert columns.truth is not None
    table = _usable(table, columns, SENTENCES, TAGGING)
    rows = _sentences(table, columns, Target(TAGGING, SENTENCES, tag_names(table, columns)))
    PROBLEMS[TAGGING].check_training_rows(
        rows.dataset, f"{table.name}, column {shown(columns.truth)},"
    )
    return rows


def _sentences(table: Table, columns: Columns, target: Target) -> Rows:
    from datasets import Dataset

    table = _usable(table, columns, SENTENCES, TAGGING)
    content = {**tagged_rows(table, columns, target), "idx": list(range(len(table)))}
    remark = blanks_remark(table, columns.texts[0])
    note = _note(table, columns, target, [remark] if remark else [])
    return Rows(Dataset.from_dict(content), target, columns, (note,), table)


def _usable(table: Table, columns: Columns, names: Sequence[str], kind: str | None) -> Table:
    """The rows with texts and a label that can be one, if the others are to be left out.

    Raises:
        DataError: There are others, and they are refused.
    """
    faults = {}
    for row in range(len(table)):
        try:
            _check_row(table, row, columns, names, kind)
        except DataError as error:
            faults[row] = str(error)
    return table.without(faults)


def _check_row(
    table: Table, row: int, columns: Columns, names: Sequence[str], kind: str | None
) -> None:
    if kind == TAGGING:
        check_tagged(table, row, columns)
        return
    for position, column in enumerate(columns.texts):
        may_be_empty = position == 1 and tuple(names) == PAIR
        _check_text(table, row, column, table.columns[column][row], may_be_empty)
    if columns.truth is None:
        return
    if kind in QUESTION_KINDS:
        optional = kind == OPTIONAL_ANSWERS
        check_question(table, row, columns.texts, columns.truth, optional=optional)
        return
    if kind == MULTILABEL:
        check_label_set(table, row, columns.truth)
        return
    if kind == SEQ2SEQ:
        _check_text(table, row, columns.truth, table.columns[columns.truth][row])
        return
    label = scalar_label(table, row, columns.truth)
    if kind == REGRESSION:
        number_of(table, row, columns.truth, label)
    if kind == ORDINAL:
        grade_of(table, row, columns.truth, label)


def _texts(table: Table, columns: Columns, names: Sequence[str]) -> dict[str, list[str]]:
    return {name: table.columns[column] for name, column in zip(names, columns.texts, strict=True)}


def _check_text(
    table: Table, row: int, column: str, value: Any, may_be_empty: bool = False
) -> None:
    if isinstance(value, list | tuple):
        raise DataError(
            f"{table.place(row)}, column {shown(column)} is a list: expected text; for a "
            f"tag on each word of a list give `kind=tagging`"
        )
    if value is None or (isinstance(value, str) and not value.strip() and not may_be_empty):
        raise table.error(row, column, "is empty", "text")
    if not isinstance(value, str):
        raise table.error(row, column, f"is {shown(value)}", "text")
    if "\0" in value or not is_unicode(value):
        raise table.error(row, column, "contains a NUL or half of a surrogate pair", "plain text")


def _dataset(texts: dict[str, list[str]], labels: Sequence[Any] | None, target: Target) -> Dataset:
    from datasets import Dataset, Features, Value

    content: dict[str, Any] = dict(texts)
    types: dict[str, Any] = {name: Value("string") for name in texts}
    if labels is not None:
        content["label"] = labels
        types |= PROBLEMS[target.kind].types(target.label_names)
    content["idx"] = list(range(len(next(iter(texts.values())))))
    return Dataset.from_dict(content, features=Features({**types, "idx": Value("int64")}))


def _note(table: Table, columns: Columns, target: Target, remarks: Sequence[str]) -> str:
    texts = listed(columns.texts, between=" and ")
    parts = [f"{table.name}: {counted(len(table), 'row')}", f"text: {texts}"]
    if columns.truth is not None:
        parts.append(f"{_truth_name(target)}: {plain(columns.truth)}{_classes(target)}")
    return "; ".join([*parts, *table.remarks, *remarks])


def _truth_name(target: Target) -> str:
    names = {CLASSIFICATION: "label", MULTILABEL: "labels", TAGGING: "tags", REGRESSION: "number"}
    names |= {ORDINAL: "grade", SEQ2SEQ: "target"}
    return names.get(target.kind, "answers")


def _classes(target: Target) -> str:
    return f" ({listed(target.label_names)})" if target.label_names else ""
