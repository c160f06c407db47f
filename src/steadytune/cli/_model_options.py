"""The options that say what of a model's files may be read, shared by commands that load one."""

from __future__ import annotations

from typing import Annotated

import typer

AllowPickledOption = Annotated[
    bool,
    typer.Option(
        "--allow-pickled-weights",
        help="Read weights that are pickled, where a model has no others. A pickle can run code.",
    ),
]
TrustRemoteCodeOption = Annotated[
    bool,
    typer.Option(
        "--trust-remote-code", help="Run Python code that comes with the model. Read it before."
    ),
]
