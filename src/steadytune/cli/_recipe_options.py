"""The options of how a model is trained: one for each field of `Recipe`, by its declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

import typer

from ..records.recipe import default_words, option_name, recipe_fields, recipe_types
from ._completion import one_of
from ._option_group import takes_group

RECIPE = "recipe"


def takes_recipe(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a recipe, in the place of its parameter `recipe`.

    That gets what was given, field by field, ready for `Recipe`; the rest is left to its defaults.
    """

    options = {
        name: (_annotation(name, hint), None)
        for name, hint in recipe_types().items()
        if recipe_fields()[name].help
    }
    return takes_group(command, RECIPE, "Training", options)


def read_recipe(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a recipe as `takes_recipe` hands them on, with pairs FIELD=VALUE read.

    Raises:
        ConfigError: If a pair is not a field of the trainer with a value that it takes.
    """
    from ..runs.trainer_fields import read_trainer_fields

    return {n: read_trainer_fields(v) if isinstance(v, list) else v for n, v in given.items()}


def _annotation(name: str, hint: Any) -> Any:
    declared = recipe_fields()[name]
    kinds = [kind for kind in get_args(hint) or (hint,) if kind in (int, float, bool, str)]
    kind = kinds[0] if kinds else list[str]
    option = option_name(name)
    words = default_words(name)
    told = words and kind is not bool  # a flag is off until it is given
    help_text = f"{declared.help} [default: {words}]" if told else declared.help
    choices = (declared.metavar or "").split("|")
    described = typer.Option(
        option,
        help=help_text,
        show_default=False,
        metavar=declared.metavar,
        autocompletion=one_of(lambda: choices) if len(choices) > 1 else None,
    )
    return Annotated[kind | None, described]
