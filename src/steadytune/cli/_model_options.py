"""What commands that load a model share: what it may be, and what of its files may be read."""

from __future__ import annotations

from typing import Annotated

import typer

MODEL_HELP = (
    "minilm (all-MiniLM-L6-v2, built in), mpnet (all-mpnet-base-v2, 405 MB from the package "
    "index), a folder, or a name on the Hugging Face hub."
)

AllowPickledOption = Annotated[
    bool,
    typer.Option(
        "--allow-pickled-weights",
        help="Load pickled weights if a model has no others. A pickle can run code.",
    ),
]
TrustRemoteCodeOption = Annotated[
    bool,
    typer.Option(
        "--trust-remote-code",
        help="Run Python code from the model's repository, or that a bundle names. Read it first.",
    ),
]
