"""A page as one self-contained file: no scripts, nothing from elsewhere, all text escaped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .content import Beside, Chapter, Fold, Page, Part, Section
from .palette import DARK, LIGHT
from .table import Table

if TYPE_CHECKING:
    from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"

LONGEST_KEPT = 28
"""Letters of the longest name that stays on one line."""

_CODE = ("<code>{}</code>", '<code class="long">{}</code>')

FEWEST_ENTRIES = 5
"""With fewer entries a list of contents is longer than the look that it saves."""


class Entry(NamedTuple):
    """A line of the contents: where it leads, and what it is called."""

    anchor: str
    title: str


def render(page: Page) -> str:
    """The page as HTML.

    A note that stands below several tables is printed once, at the end, and they refer to it.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Drawings are made here and escape the text that they hold.
    environment.filters.update(
        {"drawing": Markup, "typographic": typographic, "naming": namer(page.slots)}
    )
    anchors = _anchors(page)
    contents = [Entry(anchors[id(part)], part.title) for part in _entries(page)]
    notes = shared_notes(_tables(page))
    if notes and contents:
        contents.append(Entry("notes", "Notes to the tables"))
    values = {
        "page": page,
        "anchors": anchors,
        "contents": contents if len(contents) >= FEWEST_ENTRIES else [],
        "notes": notes,
        "palette": list(zip(LIGHT, DARK, strict=True)),
        "identity": id,
    }
    return environment.get_template("page.html.j2").render(**values).strip() + "\n"


def shared_notes(tables: Iterable[Table]) -> dict[str, int]:
    """The notes that more than one of the tables has, numbered from 1."""
    found = Counter(note for table in tables for note in dict.fromkeys(table.notes))
    repeated = [note for note, count in found.items() if count > 1]
    return {note: number for number, note in enumerate(repeated, start=1)}


def _entries(page: Page) -> Iterator[Chapter | Section]:
    """What the contents list: chapters with a title, and sections of those without."""
    for chapter in page.chapters:
        yield from (chapter,) if chapter.title else chapter.sections


def _anchors(page: Page) -> dict[int, str]:
    anchors: dict[int, str] = {}
    for entry in _entries(page):
        name = re.sub(r"[^a-z0-9]+", "-", entry.title.lower()).strip("-")[:40] or "part"
        taken = sum(re.fullmatch(rf"{name}(-\d+)?", a) is not None for a in anchors.values())
        anchors[id(entry)] = f"{name}-{taken + 1}" if taken else name
    return anchors


def _tables(page: Page) -> Iterator[Table]:
    for chapter in page.chapters:
        for section in chapter.sections:
            yield from _tables_of(section.parts)


def _tables_of(parts: Iterable[Part]) -> Iterator[Table]:
    for part in parts:
        if isinstance(part, Table):
            yield part
        elif isinstance(part, Fold):
            yield from _tables_of(part.parts)
        elif isinstance(part, Beside):
            yield from _tables_of((*part.parts, *part.after))


def typographic(text: str) -> str:
    """True minus signs, and percent signs that stay with their number; names stay as they are."""
    return re.sub(
        r"(?<=\d) %", "\N{NO-BREAK SPACE}%", re.sub(r"(?<!\S)-(?=\d)", "\N{MINUS SIGN}", text)
    )


def namer(names: Iterable[str]) -> Callable[[str], Markup]:
    """A filter that escapes a sentence and sets names in it apart, and options of commands."""
    from markupsafe import Markup, escape

    # A name may begin another one, so the longest is looked for first.
    found = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
    known = rf"(?<![\w:=,])(?:{found})(?![\w=]|[:,]\w)" if found else "(?!)"
    pattern = re.compile(rf'("{known}"|{known}|(?<![\w-])--[a-z][a-z-]+)')

    def mark(sentence: str) -> Markup:
        parts = pattern.split(sentence)
        pieces = [
            escape(part) if i % 2 == 0 else Markup(_CODE[len(part) > LONGEST_KEPT]).format(part)
            for i, part in enumerate(parts)
        ]
        return Markup("").join(pieces)

    return mark
