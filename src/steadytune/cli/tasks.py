"""`steadytune tasks`: the tasks that have a name."""

from __future__ import annotations

from typing import Annotated

import typer

from ._app import app, one_line_errors
from ._completion import one_of
from ._completion import tasks as task_names


@app.command()
def tasks(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The task to explain.", metavar="NAME", autocompletion=one_of(task_names)
        ),
    ] = None,
) -> None:
    """List the named tasks, or explain one.

    Examples:

    * `steadytune tasks`
    * `steadytune tasks rte`
    """
    with one_line_errors():
        from ..tasks.listing import print_task, print_tasks
        from ._terminal import Terminal

        console = Terminal()
        print_tasks(console) if name is None else print_task(name, console)
