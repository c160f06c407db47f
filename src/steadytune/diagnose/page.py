"""One self-contained page in the style of the report: no scripts, all text escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..report.exports.page import TEMPLATES, typographic
from ..report.figures.palette import DARK, LIGHT
from .diagnosis import Diagnosis
from .examples import example_tables
from .sections import Section, slot
from .summary import summary

if TYPE_CHECKING:
    from jinja2 import Environment


def render_html(found: Diagnosis, shown: tuple[Section, ...], title: str) -> str:
    """The page as text."""
    from .. import __version__

    text = (
        _environment()
        .get_template("diagnostics.html.j2")
        .render(
            found=found,
            title=title,
            sections=shown,
            summary=summary(found),
            tables=example_tables(found),
            slots={model.label: slot(found, model.label) for model in found.models},
            palette=list(zip(LIGHT, DARK, strict=True)),
            version=__version__,
        )
    )
    return text.strip() + "\n"


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader([Path(__file__).parent / "templates", TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Drawings are made here and escape the text that they hold.
    environment.filters.update({"drawing": Markup, "typographic": typographic})
    return environment
