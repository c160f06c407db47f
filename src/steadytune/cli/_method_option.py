"""The option of the methods that are compared."""

from __future__ import annotations

from typing import Annotated

import typer

MethodsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        help="Methods, with commas between or one at a time: plain,lnsr:std=0.05,strength=1. "
        "A comma before option= goes on with a method's options. `steadytune methods` lists them. "
        "[default: plain,lnsr]",
        show_default=False,
        metavar="METHOD",
    ),
]
