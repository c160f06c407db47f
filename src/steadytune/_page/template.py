"""Templates of pages: no scripts, all text escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_STYLE = Path(__file__).parent / "templates"


def fill(
    template: Path, values: Mapping[str, Any], filters: Mapping[str, Callable[..., Any]]
) -> str:
    """A page as text. It may include `page.css`, the style of all pages.

    Args:
        template: The file of the template.
        values: What it refers to.
        filters: Filters of its own, beside `drawing` and `typographic`.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader([template.parent, _STYLE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Drawings are made here and escape the text that they hold.
    environment.filters.update({"drawing": Markup, "typographic": typographic, **filters})
    return environment.get_template(template.name).render(**values).strip() + "\n"


def typographic(text: str) -> str:
    """True minus signs, and percent signs that stay with their number; names stay as they are."""
    return re.sub(
        r"(?<=\d) %", "\N{NO-BREAK SPACE}%", re.sub(r"(?<!\S)-(?=\d)", "\N{MINUS SIGN}", text)
    )
