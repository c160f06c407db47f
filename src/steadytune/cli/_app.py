"""The application that every command joins, its errors in one line, and its start."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from .. import __version__
from .._exceptions import SteadytuneError
from ._usage import OneLineGroup, our_name

if TYPE_CHECKING:
    from ..tasks import DataSource

app = typer.Typer(
    name="steadytune",
    cls=OneLineGroup,
    help="Fine-tune pretrained language models on few examples without the lottery over seeds.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"], "token_normalize_func": our_name},
)


def main() -> None:
    """Run the command line.

    Methods by import path are looked for in the current folder too. A request to end (SIGTERM) is
    taken like Ctrl-C, so that no process is left behind.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    app(prog_name="steadytune")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What the user can mend is one line on stderr and exit status 2; Ctrl-C is 130."""
    try:
        yield
    except SteadytuneError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        typer.echo(str(error) or "interrupted", err=True)
        raise typer.Exit(130) from error


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"steadytune {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Fine-tune pretrained language models on few examples without the lottery over seeds."""


def look_ahead(*models: str, rows: Iterable[DataSource] = ()) -> None:
    """Refuse names of models, tasks and files that do not exist before torch is imported.

    And nothing waits for a hub that neither the models nor the rows come from.

    Args:
        models: As for `Pretrained.find`.
        rows: Where rows come from.

    Raises:
        SteadytuneError: If there is no such model, task or file.
    """
    from ..model_files import is_local, require_possible

    rows = tuple(rows)
    for source in rows:
        source.require_there()
    for model in models:
        require_possible(model)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    asks_hub = any(source.asks_hub for source in rows)
    if not asks_hub and all(is_local(model) for model in models):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


def command_line(context: typer.Context) -> str:
    """The command line of this call: its name and what was given, defaults left out."""
    words = context.command_path.split()
    arguments = []
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        value = context.params[name]
        values = list(value) if isinstance(value, list | tuple) else [value]
        if parameter.param_type_name == "argument":
            arguments += values
        elif isinstance(value, bool):
            words.append((parameter.opts if value else parameter.secondary_opts)[0])
        else:
            words += [word for value in values for word in (parameter.opts[0], value)]
    return shlex.join(str(word) for word in (*words, *arguments))
