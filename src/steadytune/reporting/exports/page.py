"""One self-contained page: no scripts, no fonts or pictures from elsewhere, all text escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..._page.palette import DARK, LIGHT
from ..._page.template import fill
from ..._whole_file import write_whole
from ..build import Report
from ..figures.overview_figures import overview_figures
from ..figures.panel import FigureView
from ..figures.section_figures import FIGURES, section_figures
from ..tables.reproduction import RULES

if TYPE_CHECKING:
    from markupsafe import Markup

_TEMPLATE = Path(__file__).parent / "templates" / "report.html.j2"

MOST_SECTIONS = 60
"""Settings that a page shows in full; of the others it shows a line in the table of all."""

MOST_PANELS = 60
"""Drawings a page holds at most: more would take long to draw and longer to look at."""


def write_page(report: Report, path: str | Path) -> Path:
    """Write the page under a temporary name beside `path`, then rename it.

    Raises:
        ConfigError: If it cannot be written.
    """
    return write_whole(path, render_html(report).encode())


def render_html(report: Report) -> str:
    """The page as text, with up to 60 drawings, those that matter most first."""
    methods = [note.method for note in report.methods]
    figures, complete = zip(*_chosen_figures(report), strict=True) if report.sections else ((), ())
    values = {
        "report": report,
        "shown": MOST_SECTIONS,
        "over": overview_figures(report).values(),
        "figures": figures,
        "complete": complete,
        "rules": RULES,
        "palette": list(zip(LIGHT, DARK, strict=True)),
        "slots": {note.method: note.slot for note in report.methods},
    }
    return fill(_TEMPLATE, values, {"naming": namer(methods)})


def _chosen_figures(report: Report) -> list[tuple[dict[str, FigureView | None], bool]]:
    """The figures of each section, and whether these are all of its figures.

    Those that are not drawn are None: the template fails on a name that no figure has.
    """
    shown = report.sections[:MOST_SECTIONS]
    every = [section_figures(s.setting, f"s{i}") for i, s in enumerate(shown)]
    chosen: list[dict[str, FigureView | None]] = [dict.fromkeys(FIGURES) for _ in every]
    left = MOST_PANELS
    for name in FIGURES:
        for views, kept in zip(every, chosen, strict=True):
            if name in views and len(views[name].panels) <= left:
                kept[name] = views[name]
                left -= len(views[name].panels)
    return [
        (kept, all(kept[name] for name in views)) for views, kept in zip(every, chosen, strict=True)
    ]


def namer(methods: Sequence[str]) -> Callable[[str], Markup]:
    """A filter that escapes a sentence and sets the names of methods in it apart."""
    from markupsafe import Markup, escape

    # A name may begin another one, so the longest is looked for first.
    names = "|".join(re.escape(name) for name in sorted(methods, key=len, reverse=True) if name)
    pattern = re.compile(rf"(?<![\w:=,])({names})(?![\w=]|[:,]\w)" if names else r"(?!)()")

    def mark(sentence: str) -> Markup:
        parts = pattern.split(sentence)
        pieces = [escape(p) if i % 2 == 0 else _as_code(p) for i, p in enumerate(parts)]
        return Markup("").join(pieces)

    def _as_code(name: str) -> Markup:
        return Markup("<code>{}</code>").format(name)

    return mark
