"""`steadytune report`: tables, a page, and files for papers, from records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, one_line_errors
from ._elsewhere_options import ColumnsOfRunsOption, MetricOfRunsOption
from ._loudness_options import takes_loudness


@app.command()
@takes_loudness
def report(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Output folders of demos or studies.", metavar="DIR..."),
    ] = None,
    elsewhere: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            help="Runs from another tool: a CSV file with columns method, seed and score, or a "
            "folder of Trainer outputs; may be repeated.",
            metavar="PATH",
        ),
    ] = None,
    metric: MetricOfRunsOption = None,
    columns: ColumnsOfRunsOption = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write a table with one row per run.", metavar="FILE")
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
        Path | None, typer.Option(help="Write the figures to this folder.", metavar="DIR")
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
            help="Method that the others are compared with. [default: that of the study]",
            show_default=False,
            metavar="METHOD",
        ),
    ] = "",
    title: Annotated[
        str,
        typer.Option(
            help="Title. [default: that of the study]", show_default=False, metavar="TEXT"
        ),
    ] = "",
    made_by: Annotated[
        str,
        typer.Option(
            "--command",
            help="Command that repeats the runs, to show on the page. [default: that of the study]",
            show_default=False,
            metavar="COMMAND",
        ),
    ] = "",
) -> None:
    """Print the tables of recorded runs, and write a page that shows them all.

    Several folders make one report. A run found in more than one counts once.

    Examples:

    * `steadytune report steadytune-demo`
    * `steadytune report first second --csv runs.csv --latex table.tex --figures figures`
    * `steadytune report --from sweep.csv --metric accuracy --baseline adamw`
    """
    with one_line_errors():
        from .._exceptions import ConfigError
        from ..method_lines import describe_recorded
        from ..reporting import Elsewhere, Outputs, print_report, report_folders
        from ..reporting.reading.elsewhere import named_columns
        from ._terminal import Terminal

        if not (folders or elsewhere):
            raise ConfigError("there is nothing to report; give a folder of a study, or --from")
        if (columns or metric is not None) and not elsewhere:
            raise ConfigError("--metric and --columns tell how to read --from; give it too")
        formats = {True: ("svg",), False: ("png",), None: ("png", "svg")}[svg]
        found, written = report_folders(
            folders or [],
            Outputs(page, csv, latex, markdown, figures, formats),
            elsewhere=[
                Elsewhere(path, "score" if metric is None else metric, named_columns(columns or ""))
                for path in elsewhere or ()
            ],
            describe=describe_recorded,
            title=title,
            command=made_by,
            baseline=baseline,
        )
        console = Terminal()
        print_report(found, console)
        console.print()
        for what, where in written.items():
            console.print(f"{what}: {where}", markup=False, soft_wrap=True)
