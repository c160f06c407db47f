"""Sentences of words with a tag each: lists in columns, texts with blanks between, or spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._exceptions import DataError
from ...metrics.tagging import OUTSIDE, is_tag, type_of
from ..tagging import SCHEMES, joined
from ._table import Table, listed, shown
from .columns import LABELS, Columns, require_column
from .label_mapping import Target
from .label_sets import parsed_list
from .labels import is_list_in_text, is_unicode
from .spans import are_spans, as_list, span_tags

TAGGING = "tagging"

WORDS = ("tokens", "words", "token", "word")
"""Names by which columns of words are known, the likeliest first."""

TAGS = (
    "tags",
    "ner_tags",
    "ner",
    "bio",
    "iob",
    "ner_labels",
    "entities",
    "spans",
    "labels",
    "label",
)
"""Names by which columns of tags are known, the likeliest first."""

SPANS = ("entities", "spans")
"""Names of these by which columns of entities by their places are known."""

_ORDER = "BIES"


def holds_words(table: Table, text: Sequence[str], label: str | None = None) -> bool:
    """Whether rows are words with a tag each, or texts with entities by their places.

    A column that is known for labels and has no tags says otherwise, unless `label` names another.
    """
    if label is None:
        known = [name for name in LABELS if name in table.columns]
        if any(not _are_tags(table, name) and not _has_spans(table, name) for name in known):
            return False
    truths = [label] if label else [name for name in TAGS if name in table.columns]
    if any(_has_spans(table, name) for name in truths if label or name in SPANS):
        return True
    names = text if len(text) == 1 else [] if text else [n for n in WORDS if n in table.columns]
    cells = (cell for name in names for cell in table.columns.get(name, ()))
    words = any(isinstance(as_list(cell), list) or is_list_in_text(cell) for cell in cells)
    return words and (not truths or any(_are_tags(table, name) for name in truths))


def _has_spans(table: Table, name: str) -> bool:
    cells = map(as_list, table.columns.get(name, ()))
    return any(cell and are_spans(cell) and "start" in cell[0] for cell in cells)


def _are_tags(table: Table, name: str) -> bool:
    """Whether a column has lists, or texts that are tags alone."""
    cells = map(as_list, table.columns.get(name, ()))
    return all(
        isinstance(cell, list)
        or is_list_in_text(cell)
        or (isinstance(cell, str) and all(map(is_tag, cell.split())))
        for cell in cells
        if cell is not None
    )


def choose_tag_columns(
    table: Table, text: Sequence[str] = (), label: str | None = None, *, labelled: bool = True
) -> Columns:
    """The columns of words and tags: as named, or else known by their names.

    Raises:
        DataError: A column is not there, or there are more or fewer than needed.
    """
    if len(text) > 1 or label in text:
        raise DataError(
            f"{table.name}: tagging has one column of words and one of tags, got "
            f"{listed([*text, *([label] if label else [])])}; name them with `text` and `label`"
        )
    words = text[0] if text else _known(table, (*WORDS, "text", "sentence"), "words", "text")
    tags = None
    if labelled:
        tags = label or _known(table, [n for n in TAGS if n != words], "tags", "label")
    for name in (words, *([tags] if tags else [])):
        require_column(table, name)
    return Columns((words,), tags)


def check_tagged(table: Table, row: int, columns: Columns) -> None:
    """Raise as `words_of` and `tags_of` where one row cannot be read, or has too few tags."""
    (column,) = columns.texts
    words = words_of(table, row, column)
    if columns.truth is None:
        return
    tags = tags_of(table, row, columns)
    if len(words) != len(tags):
        found = f"has {len(tags)} tags for {len(words)} words"
        raise table.error(row, columns.truth, found, "a tag for each word")


def words_of(table: Table, row: int, column: str) -> list[str]:
    """The words of a row; a text is parted at its blanks.

    Raises:
        DataError: There are none, or one is empty or not text.
    """
    value = as_list(table.columns[column][row])
    words = _parts(table, row, column)
    if not words or not isinstance(words, list):
        found = "is empty" if not words else f"is {shown(value)}"
        raise table.error(row, column, found, "a list of words, or text")
    for word in words:
        if not isinstance(word, str) or not word.strip() or "\0" in word or not is_unicode(word):
            raise table.error(row, column, f"has the word {shown(word)}", "text that is not empty")
    return words


def tags_of(table: Table, row: int, columns: Columns) -> list[str]:
    """The tags of a row; numbers become names where the file has these.

    Entities by their places in a text, or a list of none, become tags of its words.

    Raises:
        DataError: There are none, or one is of no scheme.
    """
    column, (text,) = columns.truth, columns.texts
    assert column is not None
    value, names = as_list(table.columns[column][row]), table.class_names.get(column, ())
    if are_spans(value) and isinstance(table.columns[text][row], str):
        return span_tags(table, row, text, column)
    tags = _parts(table, row, column)
    if not tags or not isinstance(tags, list):
        found = "has no tags" if not tags else f"is {shown(value)}"
        raise table.error(row, column, found, "a list of tags")
    tags = [names[t] if type(t) is int and 0 <= t < len(names) else t for t in tags]
    if strange := [tag for tag in tags if not is_tag(tag)]:
        raise table.error(row, column, f"has the tag {shown(strange[0])}", SCHEMES)
    return tags


def tag_names(table: Table, columns: Columns) -> tuple[str, ...]:
    """The tags of training rows: `O`, and others by type; or as the file names them."""
    known = table.class_names.get(columns.truth or "", ())
    found = {tag for row in range(len(table)) for tag in tags_of(table, row, columns)}
    if OUTSIDE in known and all(map(is_tag, known)):
        return tuple(known)
    return (
        OUTSIDE,
        *sorted(found - {OUTSIDE}, key=lambda tag: (type_of(tag), _ORDER.index(tag[0]))),
    )


def tagged_rows(table: Table, columns: Columns, target: Target) -> dict[str, list[Any]]:
    """Words and tags of every row as a task has them.

    Raises:
        DataError: A tag is not one of the target's; the text names its tags.
    """
    (column,) = columns.texts
    rows = range(len(table))
    content = {target.columns[0]: [joined(words_of(table, row, column)) for row in rows]}
    if columns.truth is None:
        return content
    renamed, labels = dict(target.renamed), []
    for row in rows:
        tags = [renamed.get(tag, tag) for tag in tags_of(table, row, columns)]
        if strange := [tag for tag in tags if tag not in target.label_names]:
            found = f"has the tag {shown(strange[0])}"
            raise table.error(row, columns.truth, found, f"one of {listed(target.label_names, 20)}")
        labels.append(" ".join(tags))
    return {**content, "label": labels}


def blanks_remark(table: Table, column: str) -> str:
    """A line where words hold blanks; empty where none does."""
    words = (word for row in range(len(table)) for word in words_of(table, row, column))
    count = sum(len(word.split()) > 1 for word in words)
    return f"blanks within words are read as underscores: {count}" if count else ""


def _parts(table: Table, row: int, column: str) -> Any:
    """What a list holds, also one that a program wrote into text, or the parts of a text."""
    value = as_list(table.columns[column][row])
    if is_list_in_text(value):
        return parsed_list(table, row, column, value.strip())
    return value.split() if isinstance(value, str) else value


def _known(table: Table, names: Sequence[str], what: str, option: str) -> str:
    folded = {name.strip().casefold(): name for name in reversed(table.columns)}
    for name in names:
        if name in folded:
            return folded[name]
    raise DataError(
        f"{table.name} has no column with a usual name for {what}: its columns are "
        f"{listed(list(table.columns))}; name it with `{option}`"
    )
