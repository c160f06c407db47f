"""`steadytune bundle`: studies, rows and weights in one folder, for machines without network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, one_line_errors
from ._data_options import DataRootOption


@app.command()
def bundle(
    studies: Annotated[list[Path], typer.Argument(help="Study files.", metavar="STUDY.yaml...")],
    out: Annotated[Path, typer.Option(help="A new folder for the bundle.", metavar="FOLDER")],
    data_root: DataRootOption = None,
    half: Annotated[
        bool,
        typer.Option(
            "--half",
            help="Keep weights as float16, half as large: another starting point, which records "
            "know by its own hash.",
        ),
    ] = False,
    part_size: Annotated[
        str, typer.Option(help="Most bytes a file of weights, such as 48M.", metavar="SIZE")
    ] = "48M",
) -> None:
    """Put studies into a folder with all that a machine without network needs.

    The study files, the examples they name and the weights they start from, with checksums. There
    `steadytune compare FOLDER/STUDY.yaml` goes from the folder alone, and `steadytune pack` makes
    one small file of the records to bring back.

    Examples:

    * `steadytune bundle studies/main.yaml --out to-cluster`
    * `steadytune bundle first.yaml second.yaml --out to-cluster --half --part-size 20M`
    """
    with one_line_errors():
        from ..study.bundle import read_part_size, write_bundle

        size = read_part_size(part_size)
        made = write_bundle(studies, out, data_root=data_root, half=half, part_size=size)
        total = sum(made.files.values())
        largest = max(made.files.values())
        typer.echo(
            f"{len(made.files)} files, {total / 1e6:.1f} MB, the largest {largest / 1e6:.1f} MB, "
            f"in {made.folder}"
        )
        typer.echo(f"there: steadytune compare {made.folder.name}/{studies[0].name} --out runs")
