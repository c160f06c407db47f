"""`steadytune report`: tables and a page from records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, one_line_errors


@app.command()
def report(
    folder: Annotated[
        Path, typer.Argument(help="Output folder of a demo or study.", metavar="DIR")
    ],
) -> None:
    """Print the tables of a folder of records again, and write its report.html anew.

    Example: `steadytune report steadytune-demo`
    """
    with one_line_errors():
        from rich.console import Console

        from ..report_folder import report_folder

        report_folder(folder, Console())
