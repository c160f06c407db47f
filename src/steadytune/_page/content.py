"""What stands on a page, as values in the order of reading.

A page holds chapters, a chapter sections, a section parts: text, tables, figures, and folded parts
that a reader opens. What holds nothing is false, and `kept` leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, TypeVar

from .svg import Drawing
from .table import Table


@dataclass(frozen=True)
class Text:
    """A paragraph: usual, a `claim` in large letters, or a `note` in small ones."""

    kind: ClassVar = "text"

    text: str
    style: Literal["", "claim", "note"] = ""

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    kind: ClassVar = "bullets"

    items: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True)
class Terms:
    """Pairs of a label and what belongs to it.

    `facts` stand in columns with small labels, `terms` one below the other; `names` are terms that
    have a colour.
    """

    kind: ClassVar = "terms"

    items: tuple[tuple[str, str], ...]
    style: Literal["terms", "facts", "names"] = "terms"

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True)
class Code:
    """What a reader may copy, such as a command."""

    kind: ClassVar = "code"

    text: str

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True)
class Panel:
    """One drawing.

    Args:
        heading: Stands above it.
        drawing: The drawing.
        remark: Stands beside the heading.
        name: Whom the drawing is of; the heading gets the colour. None for several.
    """

    heading: str
    drawing: Drawing
    remark: str = ""
    name: str | None = None


@dataclass(frozen=True)
class Figure:
    """Drawings that belong together.

    Args:
        caption: How to read them.
        panels: The drawings.
        legend: Those that the drawings tell apart by colour alone.
        small: Whether three of them stand in a row.
    """

    kind: ClassVar = "figure"

    caption: str
    panels: tuple[Panel, ...]
    legend: tuple[str, ...] = ()
    small: bool = False

    def __bool__(self) -> bool:
        return bool(self.panels)


@dataclass(frozen=True)
class Fold:
    """Parts that show only their summary until a reader opens them."""

    kind: ClassVar = "fold"

    summary: str
    parts: tuple[Part, ...]
    open: bool = False

    def __bool__(self) -> bool:
        return bool(self.parts)


@dataclass(frozen=True)
class Beside:
    """Parts with a figure beside them, or below them where the page is narrow.

    Args:
        parts: Come first.
        figure: The figure.
        after: Come below `parts`, and below the figure where that is not beside them.
    """

    kind: ClassVar = "beside"

    parts: tuple[Part, ...]
    figure: Figure | None
    after: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts or self.figure or self.after)


Part: TypeAlias = Text | Bullets | Terms | Code | Table | Figure | Fold | Beside


@dataclass(frozen=True)
class Section:
    """Parts under a heading; that of a verdict stands out."""

    title: str
    parts: tuple[Part, ...]
    verdict: bool = False

    def __bool__(self) -> bool:
        return bool(self.parts)


@dataclass(frozen=True)
class Chapter:
    """Sections under a large heading; without a title they stand for themselves."""

    title: str
    sections: tuple[Section, ...]

    def __bool__(self) -> bool:
        return bool(self.sections)


@dataclass(frozen=True)
class Page:
    """A whole page.

    Args:
        title: Its title.
        subtitle: Stands below it.
        chapters: What it holds. With several entries to choose from, it begins with a list of them.
        slots: Name -> its colour, a place in the palette. Sentences set these names apart.
    """

    title: str
    subtitle: str
    chapters: tuple[Chapter, ...]
    slots: Mapping[str, int] = field(default_factory=dict)


P = TypeVar("P")


def kept(*parts: P | None) -> tuple[P, ...]:
    """Those that hold anything."""
    return tuple(part for part in parts if part)
