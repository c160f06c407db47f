"""Reads CoNLL's columns: a word and its tag a line, a blank line after each sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..._counted import counted
from ..._exceptions import DataError
from ...metrics.tagging import is_tag
from ._bytes import text_lines
from ._table import AS_USUAL, Reading, Table, refuse_or_count

_DOCUMENT = "-DOCSTART-"

_LOOKED_AT = 1 << 16

Line = tuple[int, list[str]]
"""The number of a line, and its fields."""


def holds_tags(file: BinaryIO, how: Reading = AS_USUAL) -> bool:
    """Whether most lines at the beginning of a file end with a tag, as text hardly does."""
    start = file.tell()
    content = file.read(_LOOKED_AT).decode(how.encoding or "utf-8", errors="replace")
    file.seek(start)
    each = [line.split() for line in content.splitlines() if line.strip()]
    return 2 * sum(len(fields) > 1 and is_tag(fields[-1]) for fields in each) > len(each)


def read_conll(file: BinaryIO, name: str, how: Reading = AS_USUAL) -> Table:
    """The sentences of a file, as lists in the columns `tokens` and `tags`.

    The first field of a line is the word and the last its tag; with one field a line, there are no
    tags. Tabs part the fields where there are any, else blanks do. Lines of `-DOCSTART-` and
    comments, which begin a sentence with `#` and have other fields than most lines, are left out.

    Raises:
        DataError: The file has no sentences, or lines have different numbers of fields.
    """
    lines = list(text_lines(file, name, how.encoding))
    mark = how.delimiter or ("\t" if any("\t" in line for _, line in lines) else None)
    sentences = list(_sentences(lines, mark))
    widths = Counter(len(fields) for sentence in sentences for _, fields in sentence)
    width = max(widths, key=widths.__getitem__, default=0)
    sentences = [found for found in (_without_comments(s, width) for s in sentences) if found]
    good, faults = [], []
    for sentence in sentences:
        other = next((line for line in sentence if len(line[1]) != width), None)
        if other is None:
            good.append(sentence)
            continue
        faults.append(
            f"{name}, line {other[0]} has {counted(len(other[1]), 'field')}: expected {width}, as "
            f"most lines have, a word first and its tag last; correct the file"
        )
    warnings = (refuse_or_count(name, faults, how),) if faults else ()
    if not good:
        raise DataError(f"{name} has no sentence: expected a word and its tag on each line")
    columns: dict[str, list[Any]] = {"tokens": [[f[0] for _, f in s] for s in good]}
    if width > 1:
        columns["tags"] = [[f[-1] for _, f in s] for s in good]
    return Table(name, columns, [s[0][0] for s in good], "line", warnings=warnings)


def _sentences(lines: list[tuple[int, str]], mark: str | None) -> Iterator[list[Line]]:
    sentence: list[Line] = []
    for number, line in [*lines, (0, "")]:
        fields = [field.strip() for field in line.split(mark)] if line.strip() else []
        if fields and fields[0] != _DOCUMENT:
            sentence.append((number, fields))
        elif sentence:
            yield sentence
            sentence = []


def _without_comments(sentence: list[Line], width: int) -> list[Line]:
    first = 0
    while first < len(sentence):
        fields = sentence[first][1]
        if not fields[0].startswith("#") or len(fields) == width:
            break
        first += 1
    return sentence[first:]
