"""One self-contained page: no scripts, no fonts or pictures from elsewhere, all text escaped."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .._exceptions import ConfigError, DataError
from .build import Report, build_report
from .palette import DARK, LIGHT
from .panels import FigureView, panel_count, section_figures
from .records import parse_folder

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MOST_PANELS = 40
"""Drawings a page holds at most: more would take long to draw and longer to look at."""


def write_report(
    folder: str | Path,
    *,
    title: str,
    command: str = "",
    baseline: str = "plain",
    descriptions: Mapping[str, str] | None = None,
) -> Path:
    """Read the records of `folder` and write `folder/report.html`; see `build_report`.

    Returns:
        The path of the page.

    Raises:
        DataError: If the folder holds no record that can be read.
        ConfigError: If the page cannot be written.
    """
    records, warnings = parse_folder(folder)
    if not records:
        first = f"; {warnings[0]}" if warnings else ""
        raise DataError(
            f"no readable record under {Path(folder) / 'runs'}: run a study first{first}"
        )
    report = build_report(
        records,
        title=title,
        command=command,
        baseline=baseline,
        descriptions=descriptions,
        warnings=warnings,
    )
    return write_page(report, Path(folder) / "report.html")


def write_page(report: Report, path: str | Path) -> Path:
    """Write the page under a temporary name beside `path`, then rename it.

    Raises:
        ConfigError: If it cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
    text = render_html(report)
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(
            f"cannot write {target} ({error.strerror}): name a folder that can be written to"
        ) from error
    return target


def render_html(report: Report) -> str:
    """The page as text. Figures are drawn for the first settings, up to 40 drawings in all."""
    methods = [note.method for note in report.methods]
    template = _environment(methods).get_template("report.html.j2")
    text = template.render(
        report=report,
        figures=_figures(report),
        palette=list(zip(LIGHT, DARK, strict=True)),
        slots={note.method: note.slot for note in report.methods},
    )
    return text.strip() + "\n"


def _figures(report: Report) -> list[dict[str, FigureView]]:
    views: list[dict[str, FigureView]] = []
    drawn = 0
    for index, section in enumerate(report.sections):
        drawn += panel_count(section.setting)
        fits = index == 0 or drawn <= MOST_PANELS
        views.append(section_figures(section.setting, f"s{index}") if fits else {})
    return views


def _environment(methods: Sequence[str]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Drawings are made here and escape the text that they hold.
    filters: dict[str, Any] = {
        "drawing": Markup,
        "typographic": typographic,
        "naming": namer(methods),
    }
    environment.filters.update(filters)
    return environment


def typographic(text: str) -> str:
    """True minus signs, and percent signs that stay with their number; names stay as they are."""
    return re.sub(
        r"(?<=\d) %", "\N{NO-BREAK SPACE}%", re.sub(r"(?<!\S)-(?=\d)", "\N{MINUS SIGN}", text)
    )


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
