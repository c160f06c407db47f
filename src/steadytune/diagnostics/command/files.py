"""The files of a diagnosis, each written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..._page.content import Figure, Section
from ..._page.palette import LIGHT
from ..._page.render import render
from ..._whole_file import write_json, write_whole
from .arrays import named_arrays
from .diagnosis import Diagnosis
from .page import diagnosis_page
from .sections import slots_of
from .summary import as_json

PAGE, ARRAYS, NUMBERS, FIGURES = "diagnostics.html", "arrays.npz", "diagnostics.json", "figures"


def write_files(found: Diagnosis, shown: tuple[Section, ...], folder: Path) -> Path:
    """Write the page, the arrays, the numbers and every drawing.

    Returns:
        The path of the page.

    Raises:
        ConfigError: If a file cannot be written.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **named_arrays(found))  # type: ignore[arg-type]
    write_whole(folder / ARRAYS, buffer.getvalue())
    write_json(folder / NUMBERS, as_json(found))
    slots = slots_of(found)
    for section in shown:
        for figure in section.parts:
            if isinstance(figure, Figure):
                legend = {label: LIGHT[slots[label]] for label in figure.legend}
                _write_drawings(section.title, figure, legend, folder / FIGURES)
    page = folder / PAGE
    write_whole(page, render(diagnosis_page(found)).encode())
    return page


def _write_drawings(title: str, figure: Figure, legend: Mapping[str, str], folder: Path) -> None:
    for panel in figure.panels:
        # A drawing of one model needs to say of what; the others say it in their headings.
        one = panel.name is not None
        heading = f"{title}: {panel.heading}" if one else panel.heading
        picture = panel.drawing.file("svg", heading, {} if one else legend)
        write_whole(folder / f"{panel.drawing.name}.svg", picture)
