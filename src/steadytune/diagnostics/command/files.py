"""The files of a diagnosis, each written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ..._page.palette import LIGHT
from ..._whole_file import write_json, write_whole
from .arrays import named_arrays
from .diagnosis import Diagnosis
from .page import render_html
from .sections import Section
from .summary import as_json

PAGE, ARRAYS, NUMBERS, FIGURES = "diagnostics.html", "arrays.npz", "diagnostics.json", "figures"


def write_files(found: Diagnosis, shown: tuple[Section, ...], folder: Path, heading: str) -> Path:
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
    for section in shown:
        legend = {label: LIGHT[slot] for label, slot in section.legend}
        for panel in section.panels:
            # A drawing of one model needs to say of what; the others say it in their headings.
            one = panel.slot is not None
            title = f"{section.title}: {panel.heading}" if one else panel.heading
            picture = panel.drawing.file("svg", title, {} if one else legend)
            write_whole(folder / FIGURES / f"{panel.drawing.name}.svg", picture)
    page = folder / PAGE
    write_whole(page, render_html(found, shown, heading).encode())
    return page
