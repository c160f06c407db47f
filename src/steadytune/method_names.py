"""Which class a name stands for: a method of steadytune, or the user's own by its import path."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import re
from collections.abc import Iterable
from typing import TypeGuard

from ._exceptions import ConfigError
from ._step.regularizer import Regularizer

PLAIN = "plain"


def known_methods() -> dict[str, type[Regularizer]]:
    """Every method of steadytune by its name in text, the class name in lower case."""
    from . import methods

    classes = (getattr(methods, name) for name in methods.__all__)
    return {cls.__name__.lower(): cls for cls in classes if issubclass(cls, Regularizer)}


def find_method(name: str) -> type[Regularizer]:
    """The class of a method of steadytune, whatever the case and hyphens of its name.

    Raises:
        ConfigError: If there is none, with near matches.
    """
    known = known_methods()
    plain_name = re.sub("[-_]", "", name.lower())
    if plain_name in known:
        return known[plain_name]
    names = [PLAIN, *known]
    hint = near(plain_name, names) or f"known methods: {', '.join(names)}"
    raise ConfigError(f"unknown method {name!r}; {hint}, or give package.module:Class")


def class_of(module: str | None, name: str) -> type[Regularizer]:
    """The class of a method of steadytune, or with a module the class of that name in it.

    Raises:
        ConfigError: If there is none, or it is no method.
    """
    if module is None:
        return find_method(name)
    if module.lower() in known_methods():
        raise ConfigError(f"option {name!r} of {module} has no value; write {module}:{name}=VALUE")
    cls = _import(module, name)
    if _is_method(cls):
        return cls
    raise ConfigError(
        f"{module}:{name} is no method; make it a frozen dataclass that extends "
        "steadytune.Regularizer"
    )


def name_of(cls: type[Regularizer]) -> str:
    """The name under which `class_of` finds a class, with its module where that is needed."""
    name = cls.__name__.lower()
    return name if known_methods().get(name) is cls else f"{cls.__module__}:{cls.__qualname__}"


def near(name: str, known: Iterable[str]) -> str:
    """A question for the reader with the known names that are like `name`, if there are any."""
    found = difflib.get_close_matches(name, list(known), n=3)
    return f"did you mean {' or '.join(found)}?" if found else ""


def _is_method(cls: object) -> TypeGuard[type[Regularizer]]:
    return isinstance(cls, type) and issubclass(cls, Regularizer) and dataclasses.is_dataclass(cls)


def _import(module: str, name: str) -> object:
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever the user's module raises
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"cannot import the method {module}:{name}: {reason}") from error
