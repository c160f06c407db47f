"""The application that every command joins, its errors in one line, and its start."""

from __future__ import annotations

import errno
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import __version__
from .._exceptions import NoResultError, SteadytuneError, interrupts_unwrapped
from .._folders import decoded
from ..records.recipe import option_name, recipe_fields
from ._usage import OneLineGroup, our_name, tell

if TYPE_CHECKING:
    from ..reporting import Report
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
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # names may have letters that its encoding lacks
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    app(prog_name="steadytune")


NO_RESULT = 3
"""Exit status where trainings ran and some or all gave no result."""

_OPTION = re.compile(r"`([a-z][a-z0-9_]*)(?:=([^`]+))?`")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What the user can mend is one line on stderr and exit status 2; Ctrl-C is 130."""
    try:
        with interrupts_unwrapped():
            yield
    except SteadytuneError as error:
        tell(f"error: {with_dashes(str(error))}", err=True)
        raise typer.Exit(NO_RESULT if isinstance(error, NoResultError) else 2) from error
    except ImportError as error:
        from .._requirements import wrong_version

        if not (line := wrong_version()):
            raise
        tell(f"error: {line}", err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        if error.errno in (None, errno.EPIPE):  # the latter means that nobody reads any more
            raise
        tell(f"error: {_of_the_system(error)}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        tell(str(error) or "interrupted", err=True)
        raise typer.Exit(130) from None  # it is told: who catches this must not tell it again


def _of_the_system(error: OSError) -> str:
    """What the operating system refused, such as to write on a full disk."""
    name, reason = str(error.filename or ""), (error.strerror or "").lower()
    if error.errno == errno.ENAMETOOLONG:
        return f"{reason}: {name[:60]}...; give another"
    where = f" ({name})" if name else ""
    return f"{reason}{where}; mend that and give the same command again"


def require_results(report: Report) -> None:
    """End with a status of its own where a method has no result; the report says which."""
    if report.without_result:
        raise typer.Exit(NO_RESULT)


def with_dashes(text: str) -> str:
    """The options that a text of the library names, `like_this=1`, as one types them."""
    name, equals, rest = text.partition("=")
    if equals and name in recipe_fields() and recipe_fields()[name].help:
        text = f"{option_name(name)} {rest}"
    return _OPTION.sub(_typed, text) if "`" in text else text


def _typed(found: re.Match[str]) -> str:
    option = _options().get(found[1])
    if option is None:
        return found[0]
    return f"{option} {found[2]}" if found[2] else option


@cache
def _options() -> dict[str, str]:
    """Name in Python -> option, of all commands."""
    group: Any = typer.main.get_command(app)
    parameters = [p for command in group.commands.values() for p in command.params]
    options = [p for p in parameters if p.param_type_name == "option"]
    return {
        name: p.opts[0]
        for p in options
        for name in (p.name, p.opts[0].lstrip("-").replace("-", "_"))
    }


def _print_version(wanted: bool) -> None:
    if wanted:
        tell(f"steadytune {__version__}")
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
    """The command line of this call: its name and what was given.

    Defaults are left out, and how much is printed; options in a file stand in its place.
    """
    words = context.command_path.split()
    arguments = []
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        value = context.params.get(name)
        given = source is not None and source.name in ("COMMANDLINE", "DEFAULT_MAP")
        if not given or value is None or name in ("quiet", "verbose"):
            continue
        values = list(value) if isinstance(value, list | tuple) else [value]
        if parameter.param_type_name == "argument":
            arguments += values
        elif isinstance(value, bool):
            words.append((parameter.opts if value else parameter.secondary_opts)[0])
        else:
            words += [word for value in values for word in (parameter.opts[0], value)]
    return decoded(shlex.join(str(word) for word in (*words, *arguments)))
