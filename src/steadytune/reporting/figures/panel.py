"""Drawings with the words around them: what the page shows and what is written to files."""

from __future__ import annotations

from dataclasses import dataclass

from ..._page.svg import Drawing


@dataclass(frozen=True)
class Panel:
    """One drawing: a heading, a remark beside it, the drawing, whether it needs a whole row."""

    heading: str
    remark: str
    drawing: Drawing
    wide: bool = False


@dataclass(frozen=True)
class FigureView:
    """Drawings that belong together, with a caption that says how to read them.

    `legend` lists the methods that the drawings tell apart by colour alone; `small` panels stand
    three in a row.
    """

    caption: str
    panels: tuple[Panel, ...]
    legend: tuple[str, ...] = ()
    small: bool = False
