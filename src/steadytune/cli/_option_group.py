"""Options that several commands share, declared once: a group takes the place of one parameter."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any


def takes_group(
    command: Callable[..., None], parameter: str, panel: str, options: Mapping[str, tuple[Any, Any]]
) -> Callable[..., None]:
    """A command with a group of options in the place of one of its parameters.

    The parameter gets a dictionary with what was given: options at their defaults are left out.

    Args:
        command: The command.
        parameter: Which one of its parameters.
        panel: The heading of these options in the help.
        options: Name -> annotation and default, in the order in which the help shows them.
    """

    @functools.wraps(command)
    def run(**given: Any) -> None:
        values = {name: given.pop(name) for name in options}
        told = {n: v for n, v in values.items() if v not in (options[n][1], None, [])}
        command(**given, **{parameter: told})

    signature = inspect.signature(command, eval_str=True)
    parameters = list(signature.parameters.values())
    place = list(signature.parameters).index(parameter)
    parameters[place : place + 1] = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=_below(panel, annotation),
        )
        for name, (annotation, default) in options.items()
    ]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def _below(panel: str, annotation: Any) -> Any:
    """The annotation of an option that the help shows under a heading."""
    option = copy.copy(annotation.__metadata__[0])
    option.rich_help_panel = panel
    return Annotated[annotation.__origin__, option]
