"""`steadytune methods`: the methods there are."""

from __future__ import annotations

from typing import Annotated

import typer

from ._app import app, one_line_errors


@app.command()
def methods(
    name: Annotated[
        str | None, typer.Argument(help="The method to explain.", metavar="NAME")
    ] = None,
) -> None:
    """List the methods, or explain one.

    Examples:

    * `steadytune methods`
    * `steadytune methods lnsr`
    """
    with one_line_errors():
        from ..method_docs import print_card, print_methods
        from ._terminal import Terminal

        console = Terminal()
        print_methods(console) if name is None else print_card(name, console)
