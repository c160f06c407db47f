"""Which class a name stands for: a method of steadytune, or the user's own by its import path."""

from __future__ import annotations

import dataclasses
import importlib
import re
from typing import TYPE_CHECKING, TypeGuard

from . import methods
from ._checks import near
from ._exceptions import ConfigError

if TYPE_CHECKING:
    from ._step.regularizer import Regularizer

PLAIN = "plain"

METHOD_NAMES = {name.lower(): name for name in methods.__all__}
"""Name of a method of steadytune in text -> name of its class. To read it imports no method."""


def known_methods() -> dict[str, type[Regularizer]]:
    """Every method of steadytune by its name in text, the class name in lower case."""
    return {name: getattr(methods, cls) for name, cls in METHOD_NAMES.items()}


def require_known(name: str) -> str:
    """The name of the class of a method of steadytune, whatever the case and hyphens of `name`.

    Raises:
        ConfigError: If there is none, with near matches. No method is imported for that.
    """
    plain_name = re.sub("[-_]", "", name.lower())
    if plain_name in METHOD_NAMES:
        return METHOD_NAMES[plain_name]
    names = [PLAIN, *METHOD_NAMES]
    hint = near(plain_name, names) or f"known methods: {', '.join(names)}"
    raise ConfigError(f"unknown method {name!r}; {hint}, or give package.module:Class")


def find_method(name: str) -> type[Regularizer]:
    """The class of a method of steadytune, whatever the case and hyphens of its name.

    Raises:
        ConfigError: If there is none, with near matches.
    """
    found: type[Regularizer] = getattr(methods, require_known(name))
    return found


def class_of(module: str | None, name: str) -> type[Regularizer]:
    """The class of a method of steadytune, or with a module the class of that name in it.

    Raises:
        ConfigError: If there is none, or it is not a method.
    """
    if module is None:
        return find_method(name)
    if module.lower() in METHOD_NAMES:
        raise ConfigError(f"option {name!r} of {module} has no value; write {module}:{name}=VALUE")
    cls = _import(module, name)
    if _is_method(cls):
        return cls
    raise ConfigError(
        f"{module}:{name} is not a method; make it a frozen dataclass that extends "
        "steadytune.Regularizer"
    )


def name_of(cls: type[Regularizer]) -> str:
    """The name under which `class_of` finds a class, with its module where that is needed."""
    name = cls.__name__.lower()
    ours = getattr(methods, METHOD_NAMES[name]) if name in METHOD_NAMES else None
    return name if ours is cls else f"{cls.__module__}:{cls.__qualname__}"


def _is_method(cls: object) -> TypeGuard[type[Regularizer]]:
    from ._step.regularizer import Regularizer

    return isinstance(cls, type) and issubclass(cls, Regularizer) and dataclasses.is_dataclass(cls)


def _import(module: str, name: str) -> object:
    try:
        return getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:  # whatever the user's module raises
        reason = str(error).partition("\n")[0]
        if isinstance(error, SystemExit):
            reason = f"it ends the program (SystemExit: {reason})"
        raise ConfigError(f"cannot import the method {module}:{name}: {reason}") from error
