"""`steadytune pack`: the records of studies as one small file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, one_line_errors
from ._usage import tell

_MOST_NAMED = 20


@app.command()
def pack(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Output folders of demos or studies; they are not changed.", metavar="SOURCE"
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(
            help="Folder for runs.jsonl.xz; may be one of the sources. Its records are kept.",
            metavar="TARGET",
        ),
    ],
    predictions: Annotated[
        bool,
        typer.Option(
            "--predictions",
            help="Also pack in-domain predictions into TARGET/predictions.npz, for the report's "
            "ensembles.",
        ),
    ] = False,
) -> None:
    """Pack the records of studies into one small file, TARGET/runs.jsonl.xz.

    `steadytune report TARGET` makes the report from it, and `steadytune compare ... --out TARGET`
    runs only what is missing. Models are not packed, predictions only with `--predictions`.

    Examples:

    * `steadytune pack rte evidence/rte`
    * `steadytune pack first second both`
    """
    with one_line_errors():
        from ..records.pack import pack_studies

        packed = pack_studies(sources, target, predictions=predictions)
        for line in packed.left_out[:_MOST_NAMED]:
            tell(f"left out: {line}", err=True)
        if more := len(packed.left_out[_MOST_NAMED:]):
            tell(f"left out: {more} more", err=True)
        for file in packed.files:
            tell(f"{_count(file.records)} in {file.path}, {_size(file.size)}")
        if (beside := packed.predictions) is not None:
            about = f"predictions of {_count(beside.records)}"
            tell(f"{about} in {beside.path}, {_size(beside.size)}")
        if stay := " and ".join(map(str, packed.left_there)):
            others = " on other domains" if beside else ""
            tell(f"predictions{others} stay in {stay}")


def _count(records: int) -> str:
    return f"{records:,} record{'s' * (records != 1)}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} KB"
