"""The options of a method: what they are called, what they take, and their values as text."""

from __future__ import annotations

import ast
import dataclasses
import math
import re
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from ._checks import near
from ._exceptions import ConfigError

if TYPE_CHECKING:
    from ._step.regularizer import Regularizer

_BARE_WORD = re.compile(r"[A-Za-z_][\w.-]*")
_CONSTANTS = {"none": None, "true": True, "false": False, "inf": math.inf, "-inf": -math.inf}

_TYPE_WORDS = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "a word",
    NoneType: "none",
}


def is_wrapper(cls: type[Regularizer]) -> bool:
    """Whether a method wraps another one, its field `method`."""
    from ._step.wrapper import Wrapper

    return issubclass(cls, Wrapper)


def options_of(cls: type[Regularizer]) -> dict[str, dataclasses.Field[Any]]:
    """The options of a method by name, without the method that a wrapper wraps."""
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    wrapped = {"method"} if is_wrapper(cls) else set()
    return {field.name: field for field in fields if field.init and field.name not in wrapped}


def default_of(field: dataclasses.Field[Any]) -> object:
    """The default of an option."""
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()


def read_option(cls: type[Regularizer], key: str, text: str, hint: Any) -> object:
    """The value that `text` stands for.

    Args:
        cls: The method whose option it is, named in errors.
        key: The option's name.
        text: The value as text.
        hint: The option's type.

    Raises:
        ConfigError: If the value is not of that type, with near matches.
    """
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    adapter: TypeAdapter[object] = TypeAdapter(
        hint, config=ConfigDict(arbitrary_types_allowed=True)
    )
    value = _read_value(text)
    try:
        return adapter.validate_python(value, strict=True)
    except ValidationError:
        guess = near(text, [word for word in _words(hint) if isinstance(word, str)])
        remedy = f"; {guess}" if guess else ""
        raise ConfigError(
            f"{cls.__name__} option {key!r} expects {expected(hint)}, got {text!r}{remedy}"
        ) from None


def format_value(value: object) -> str:
    """One value of an option as text."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        plain = _BARE_WORD.fullmatch(value) and value.lower() not in _CONSTANTS
        return value if plain else repr(value)
    if isinstance(value, tuple):
        inner = ",".join(repr(part) for part in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value).replace("+", "")


def expected(hint: Any) -> str:
    """A type in words."""
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(expected(part) for part in get_args(hint))
    if get_origin(hint) is Literal:
        words = [format_value(word) for word in get_args(hint)]
        return words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    if get_origin(hint) is tuple:
        return "values in brackets such as (1,2)"
    return _TYPE_WORDS.get(hint, str(getattr(hint, "__name__", hint)))


def _read_value(text: str) -> object:
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text


def _words(hint: Any) -> tuple[Any, ...]:
    """The literal values that a type allows."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(word for part in get_args(hint) for word in _words(part))
