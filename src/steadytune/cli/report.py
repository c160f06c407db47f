"""`steadytune report`: tables, a page, and files for papers, from records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, one_line_errors


@app.command()
def report(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Output folders of demos or studies.", metavar="DIR..."),
    ],
    csv: Annotated[
        Path | None, typer.Option(help="Write a table with one row a run.", metavar="FILE")
    ] = None,
    latex: Annotated[
        Path | None,
        typer.Option(help="Write LaTeX tables: mean, std and max by method.", metavar="FILE"),
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(help="Write verdicts and tables as Markdown.", metavar="FILE"),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Write the figures into this folder.", metavar="DIR")
    ] = None,
    svg: Annotated[
        bool | None,
        typer.Option(
            "--svg/--png", help="Format of the figures. [default: both]", show_default=False
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            help="The page to write. [default: report.html in DIR, or here for several]",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    baseline: Annotated[
        str,
        typer.Option(
            help="What the other methods are compared with. [default: that of the study]",
            show_default=False,
        ),
    ] = "",
    title: Annotated[
        str, typer.Option(help="Title. [default: that of the study]", show_default=False)
    ] = "",
    made_by: Annotated[
        str,
        typer.Option(
            "--command",
            help="The command that makes the runs again, to be shown on the page. "
            "[default: that of the study]",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Print the tables of recorded runs, and write a page that shows them all.

    Several folders make one report. A run that stands in more than one counts once.

    Examples:

    * `steadytune report steadytune-demo`
    * `steadytune report first second --csv runs.csv --latex table.tex --figures figures`
    """
    with one_line_errors():
        from rich.console import Console

        from ..method_lines import describe_recorded
        from ..reporting import Outputs, print_report, report_folders

        formats = {True: ("svg",), False: ("png",), None: ("png", "svg")}[svg]
        found, written = report_folders(
            folders,
            Outputs(page, csv, latex, markdown, figures, formats),
            describe=describe_recorded,
            title=title,
            command=made_by,
            baseline=baseline,
        )
        console = Console()
        print_report(found, console)
        console.print()
        for what, where in written.items():
            console.print(f"{what}: {where}", markup=False, soft_wrap=True)
