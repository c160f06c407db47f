"""How much a command says: `--quiet` and `--verbose`, declared once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from .._exceptions import ConfigError
from .._loudness import Loudness, speaking
from ._app import one_line_errors
from ._option_group import takes_group

QuietOption = Annotated[
    bool, typer.Option("--quiet", help="Print only results, warnings and errors.")
]
VerboseOption = Annotated[
    bool,
    typer.Option("--verbose", help="Also print settings in full, and what the libraries log."),
]
_LOUDNESS = "loudness"


def takes_loudness(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `--quiet` and `--verbose`, which what it prints follows."""

    @functools.wraps(command)
    def run(*, loudness: dict[str, bool], **given: Any) -> None:
        with one_line_errors():
            if len(loudness) > 1:
                raise ConfigError("--quiet and --verbose were both given; give one of them")
            how = Loudness(next(iter(loudness), Loudness.USUAL))
            with speaking(how):
                command(**given)

    signature = inspect.signature(command, eval_str=True)
    own = inspect.Parameter(_LOUDNESS, inspect.Parameter.KEYWORD_ONLY)
    parameters = [*signature.parameters.values(), own]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    options = {"quiet": (QuietOption, False), "verbose": (VerboseOption, False)}
    return takes_group(run, _LOUDNESS, "Options", options)
