"""The option of the methods that are compared."""

from __future__ import annotations

from typing import Annotated

import typer

MethodsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        help="Methods, separated by commas or one at a time: plain,lnsr:std=0.05,strength=1 are "
        "two (strength=1 is an option of lnsr). `steadytune methods` lists them. "
        "[default: plain,lnsr]",
        show_default=False,
        metavar="METHOD",
    ),
]
