"""The figures of a report as files, for papers and slides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..._folders import make_folder
from ..._page.content import Figure, Panel
from ..._page.palette import LIGHT
from ..._whole_file import write_whole
from ..build import Report
from ..figures.section_figures import overview_figure, section_figures

MOST_FILES = 400


def write_figures(
    report: Report, folder: str | Path, formats: Sequence[str] = ("png",)
) -> tuple[Path, ...]:
    """Write every figure of a report, one file a drawing and format, at most 400.

    Args:
        report: The report.
        folder: Where to; it is made if it is not there.
        formats: `png`, `svg` or both.

    Returns:
        The files: section by section, in each of them the figures first that matter most.

    Raises:
        ConfigError: If a file cannot be written.
    """
    target = make_folder(folder)
    written: list[Path] = []
    for index, heading, name, view in _views(report):
        for panel in view.panels:
            if len(written) + len(formats) > MOST_FILES:
                return tuple(written)
            stem = file_stem(index, name, view, panel)
            title = f"{heading}: {panel.heading}"
            legend = {method: LIGHT[report.slots[method]] for method in view.legend}
            for suffix in formats:
                content = panel.drawing.file(suffix, title, legend)
                written.append(write_whole(target / f"{stem}.{suffix}", content))
    return tuple(written)


def _views(report: Report) -> Iterator[tuple[int, str, str, Figure]]:
    """The number of a section, 0 for all of them, a heading, and a figure by name."""
    over = overview_figure(report)
    if over:
        yield 0, report.title, "over", over
    for index, section in enumerate(report.sections, start=1):
        for name, view in section_figures(section.numbers, f"s{index}").items():
            yield index, section.heading, name, view


def file_stem(index: int, name: str, view: Figure, panel: Panel) -> str:
    """`1-dots-0-movie-in-domain`: section, kind, place among its kind, and what it shows."""
    place = view.panels.index(panel)
    words = re.sub(r"[^a-z0-9]+", "-", panel.heading.lower()).strip("-")[:40].strip("-")
    return "-".join(part for part in (str(index), name, str(place), words) if part)
