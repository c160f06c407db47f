"""The files of a diagnosis, each written whole or not at all."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from uuid import uuid4

import numpy as np

from .._exceptions import ConfigError
from ..report.palette import LIGHT
from .arrays import named_arrays
from .diagnosis import Diagnosis
from .page import render_html
from .sections import Section
from .summary import as_json

PAGE, ARRAYS, NUMBERS, FIGURES = "diagnostics.html", "arrays.npz", "diagnostics.json", "figures"


def require_writable(folder: Path) -> None:
    """Make the folder, before anything is measured.

    Raises:
        ConfigError: If it cannot be written to.
    """
    try:
        (folder / FIGURES).mkdir(parents=True, exist_ok=True)
        probe = folder / f".{uuid4().hex}.tmp"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"cannot write to {folder} ({error.strerror}); name a folder that can be written to"
        ) from error


def write_files(found: Diagnosis, shown: tuple[Section, ...], folder: Path, title: str) -> Path:
    """Write the page, the arrays, the numbers and every drawing.

    Returns:
        The path of the page.

    Raises:
        ConfigError: If a file cannot be written.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **named_arrays(found))  # type: ignore[arg-type]
    _write(folder / ARRAYS, buffer.getvalue())
    numbers = json.dumps(as_json(found), indent=1, allow_nan=False, ensure_ascii=False)
    _write(folder / NUMBERS, f"{numbers}\n".encode())
    for section in shown:
        legend = {label: LIGHT[slot] for label, slot in section.legend}
        for panel in section.panels:
            picture = panel.drawing.file("svg", panel.heading, legend)
            _write(folder / FIGURES / f"{panel.drawing.name}.svg", picture)
    page = folder / PAGE
    _write(page, render_html(found, shown, title).encode())
    return page


def _write(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(
            f"cannot write {target} ({error.strerror}); name a folder that can be written to"
        ) from error
