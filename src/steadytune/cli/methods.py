"""`steadytune methods`: the methods there are."""

from __future__ import annotations

from typing import Annotated

import typer

from ._app import app, one_line_errors
from ._completion import methods as method_names
from ._completion import one_of


@app.command()
def methods(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The method to explain.", metavar="NAME", autocompletion=one_of(method_names)
        ),
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
