"""What commands that load a model share: what it may be, and what of its files may be read."""

from __future__ import annotations

from typing import Annotated

import typer

MODEL_HELP = (
    "minilm (all-MiniLM-L6-v2, needs no hub), mpnet (all-mpnet-base-v2, 405 MB from the package "
    "index), a folder, or a name on the hub."
)

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
