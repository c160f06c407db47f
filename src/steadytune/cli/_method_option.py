"""The option of the methods that are compared."""

from __future__ import annotations

from typing import Any

import typer

from ._completion import methods, one_of


def methods_option(default: str) -> Any:
    """The option `--method`, whose default is said in its help."""
    return typer.Option(
        "--method",
        help="Methods, separated by commas or one at a time: plain,lnsr:std=0.05,strength=1 are "
        "two (strength=1 is an option of lnsr). `steadytune methods` lists them. "
        f"[default: {default}]",
        show_default=False,
        metavar="METHOD",
        autocompletion=one_of(methods),
    )
