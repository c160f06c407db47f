"""One self-contained page in the style of the report: no scripts, all text escaped."""

from __future__ import annotations

from pathlib import Path

from ..._page.palette import DARK, LIGHT
from ..._page.template import fill
from .diagnosis import Diagnosis
from .examples import example_tables
from .sections import Section, slot
from .summary import summary

_TEMPLATE = Path(__file__).parent / "templates" / "diagnostics.html.j2"


def render_html(found: Diagnosis, shown: tuple[Section, ...], title: str) -> str:
    """The page as text."""
    from ... import __version__

    values = {
        "found": found,
        "title": title,
        "sections": shown,
        "summary": summary(found),
        "tables": example_tables(found),
        "slots": {model.label: slot(found, model.label) for model in found.models},
        "palette": list(zip(LIGHT, DARK, strict=True)),
        "version": __version__,
    }
    return fill(_TEMPLATE, values, {})
