"""A page as a notebook shows it: the verdict, the first table and the first picture."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

from .content import Beside, Chapter, Figure, Page, Part, Section
from .render import render
from .table import Table

_STYLE = "width: 100%; height: 36rem; border: 0; resize: vertical"


class InNotebook:
    """A value that a notebook shows as a page.

    `_view` names the function that makes the page of it, which lies above the value's own module.
    """

    _view: ClassVar[str]

    def _repr_html_(self) -> str:
        return in_notebook(pkgutil.resolve_name(self._view)(self))


def in_notebook(page: Page) -> str:
    """The page in short, in a frame of its own: its style and the notebook's stay apart."""
    from markupsafe import escape

    short = replace(page, chapters=(Chapter("", tuple(_short(page))),))
    return f'<iframe sandbox style="{_STYLE}" srcdoc="{escape(render(short))}"></iframe>'


def _short(page: Page) -> Iterator[Section]:
    """The first section, and those with the first table and the first figure."""
    every = [section for chapter in page.chapters for section in chapter.sections]
    chosen = every[:1]
    for kind in (Table, Figure):
        if not any(_has(section.parts, kind) for section in chosen):
            chosen += [section for section in every if _has(section.parts, kind)][:1]
    yield from chosen


def _has(parts: Iterable[Part | None], kind: type[Table | Figure]) -> bool:
    return any(
        isinstance(part, kind)
        or (isinstance(part, Beside) and _has((*part.parts, part.figure, *part.after), kind))
        for part in parts
    )
