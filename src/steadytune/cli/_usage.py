"""How options are written: names of Hugging Face's scripts work too, errors are one line each."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, cast

import typer
from typer.core import TyperGroup

from ..records.recipe import named_as_ours

_OURS = {
    "model-name-or-path": "model",
    "output-dir": "out",
    "task-name": "task",
    "train-file": "train",
    "validation-file": "validation",
    "test-file": "test",
}

_PANELS = {
    "One model": ("fit", "predict", "evaluate", "train"),
    "Methods over many seeds": ("compare", "report", "power", "pack", "bundle", "demo"),
    "Look up, look inside": ("methods", "tasks", "diagnose"),
}
_PANEL_OF = {name: panel for panel, names in _PANELS.items() for name in names}

_PLACES = ("DIR", "FILE", "FOLDER", "PATH", "RUN.yaml", "SOURCE", "STUDY.yaml", "TARGET")
"""What the help calls a folder or file that is given."""

# An option this like one of ours is ours, mistyped.
_MISTYPED = 0.85

# What the parser raises. It stands in click or, with a newer typer, in a copy that is typer's own.
_UsageError = cast(type[Exception], typer.BadParameter.__mro__[1])


def tell(line: str, *, err: bool = False) -> None:
    """Print a line, which may name what others have named; control characters become spaces.

    Args:
        line: The line.
        err: Whether it goes to stderr.
    """
    from .._console import without_controls

    typer.echo(without_controls(" ".join(line.splitlines())), err=err)


def our_name(name: str) -> str:
    """What this command line calls an option that is written as in transformers' scripts.

    `learning_rate`, `lr` and `learning-rate` are one.
    """
    dashed = named_as_ours(name)
    return _OURS.get(dashed, dashed)


class OneLineGroup(TyperGroup):
    """A group of commands that tells a usage error in one line on stderr, with exit status 2."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Read what stands before the command."""
        bare = not args  # then the parser prints the help, and raises it as an error
        try:
            return super().make_context(info_name, args, parent, **extra)
        except _UsageError as error:
            if bare:
                raise
            raise _told(error, info_name or "") from error

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands in the order of the help, most used first."""
        order = list(_PANEL_OF)
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: order.index(name) if name in order else len(order))

    def get_params(self, ctx: Any) -> Any:
        """The options before the command."""
        return _without_types_of_flags(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name."""
        if command := super().get_command(ctx, cmd_name):
            # The parser keeps what it is asked for here, --help included.
            _without_types_of_flags(command.get_params(ctx))
            for parameter in command.get_params(ctx):
                _refuse_empty_places(parameter)
            if cmd_name in _PANEL_OF:
                cast(Any, command).rich_help_panel = _PANEL_OF[cmd_name]
        return command

    def invoke(self, ctx: Any) -> Any:
        """Read the command and what stands behind it, and run it."""
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            command = f"{ctx.command_path} {ctx.invoked_subcommand or ''}"
            raise _told(error, command.rstrip()) from error


def _refuse_empty_places(parameter: Any) -> None:
    """An empty path would be the current folder: `--out "$MODEL"`, and there is no `MODEL`."""
    process = parameter.process_value
    place = (parameter.metavar or "").removesuffix("...")
    if place not in _PLACES or "process_value" in vars(parameter):
        return

    def processed(context: Any, value: Any) -> Any:
        if "" in (value if isinstance(value, list | tuple) else (value,)):
            name = place if parameter.param_type_name == "argument" else parameter.opts[0]
            raise typer.BadParameter(f"{name} is empty; name a folder or file", ctx=context)
        return process(context, value)

    parameter.process_value = processed


def _without_types_of_flags(parameters: Any) -> Any:
    """Help that shows `--dry-run` as it is typed, and not with a value."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
    return parameters


def _told(error: Any, command: str) -> typer.Exit:
    """Tell an error of `command`, unless it knows its command itself."""
    path = error.ctx.command_path if error.ctx else command
    text = " ".join(error.format_message().split()).rstrip(".")
    if given := _given(error):
        text = text.replace("Invalid value", f"Invalid value {given}", 1)
    if instead := _as_field(error):
        text = f"{error.message}{instead}"
    see = " See" if text.endswith("?") else "; see"
    tell(f"error: {text[:1].lower()}{text[1:]}{see} '{path} --help'", err=True)
    return typer.Exit(2)


def _as_field(error: Any) -> str:
    """How to give a field of `TrainingArguments` that was written as an option of its own."""
    from ..runs.trainer_fields import OWNED, instead_of_option

    option = getattr(error, "option_name", "")
    name = option.lstrip("-").replace("-", "_")
    takes_fields = error.ctx and any("--set" in p.opts for p in error.ctx.command.params)
    if not (name and takes_fields) or f"`{name}`" in OWNED.get(name, ""):
        return ""  # the second: an option of other commands
    ours = getattr(error, "possibilities", None) or ()
    if name not in OWNED and get_close_matches(option, ours, cutoff=_MISTYPED):
        return ""  # to know all fields takes seconds
    from ._app import with_dashes

    return with_dashes(instead_of_option(name))


def usage_problem(error: Exception) -> str | None:
    """What a usage error says is wrong, without the option; None for another error."""
    return str(error.message) if isinstance(error, _UsageError) else None  # type: ignore[attr-defined]


def _given(error: Exception) -> str:
    """The value that could not be read, where the parser's text leaves it out."""
    from pydantic import ValidationError

    cause = error.__cause__
    return repr(cause.errors()[0]["input"]) if isinstance(cause, ValidationError) else ""
