"""`steadytune bundle`: studies, rows and weights in one folder, for machines without network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, one_line_errors
from ._data_options import DataRootOption
from ._usage import tell


@app.command()
def bundle(
    studies: Annotated[list[Path], typer.Argument(help="Study files.", metavar="STUDY.yaml...")],
    out: Annotated[Path, typer.Option(help="A new folder for the bundle.", metavar="FOLDER")],
    data_root: DataRootOption = None,
    half: Annotated[
        bool,
        typer.Option(
            "--half",
            help="Store weights as float16, half as large. This is another starting point: its "
            "runs do not mix with those from full weights.",
        ),
    ] = False,
    part_size: Annotated[
        str, typer.Option(help="Maximum size of a file of weights, such as 48M.", metavar="SIZE")
    ] = "48M",
) -> None:
    """Put studies into a folder with everything that a machine without network needs.

    Writes the study files, their examples and the pretrained weights, with checksums. On the other
    machine, `steadytune compare FOLDER/STUDY.yaml` needs only this folder, and `steadytune pack`
    makes one small file of the records to bring back.

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
        tell(
            f"{len(made.files)} files, {total / 1e6:.1f} MB, the largest {largest / 1e6:.1f} MB, "
            f"in {made.folder}"
        )
        tell(f"there: steadytune compare {made.folder.name}/{studies[0].name} --out runs")
