"""Options in a YAML file: `steadytune train run.yaml`; those on the command line win."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from .._checks import near
from .._exceptions import ConfigError
from .._keys_file import beside, domain_beside, read_keys
from ..records.recipe import check_value, recipe_fields
from ._app import one_line_errors
from ._usage import our_name, usage_problem

EXAMPLES = "train"
_PLACES = (EXAMPLES, "test", "validation", "dev", "unlabelled", "model")
_NOT_OF_FILES = ("data_root", "allow_pickled_weights", "trust_remote_code")


def take_file(context: typer.Context, file: str | None) -> str | None:
    """A callback of the argument of a command that may be a YAML file with its options.

    Returns:
        The examples of a command without an option for them: the argument, or what the YAML file
        names.

    Raises:
        typer.Exit: If the file does not fit; one line says why.
    """
    options = _options(context)
    if file is None or context.resilient_parsing:
        return file
    with one_line_errors():
        is_yaml = Path(file).suffix.lower() in (".yaml", ".yml")
        if not is_yaml and EXAMPLES in options:
            raise ConfigError(f"{file} is not a YAML file of options; give examples by --train")
        if not is_yaml:
            return file
        given = _read(Path(file), context, options)
        examples = None if EXAMPLES in options else given.pop(EXAMPLES, None)
        context.default_map = given
        return examples


def _options(context: typer.Context) -> dict[str, Any]:
    """Name as it is typed, without dashes, or in Python -> option."""
    found = [p for p in context.command.params if p.param_type_name == "option"]
    names = ((name, p) for p in found for name in (*p.opts, p.name or ""))
    return {name.lstrip("-").replace("_", "-"): p for name, p in names}


def _read(path: Path, context: typer.Context, options: dict[str, Any]) -> dict[str, Any]:
    """The values of the options that a file gives, as if they were typed; flags that are set.

    Raises:
        ConfigError: If a key is unknown, not for files, or given twice, or a value does not fit.
    """
    taken: dict[str, str] = {}
    values: dict[str, Any] = {}
    for key, value in read_keys(path, "run", "train, method and epochs").items():
        name = our_name(str(key))
        option = options.get(name)
        python = option.name if option else name
        if option and python in _NOT_OF_FILES:
            raise ConfigError(f"{path}: {key} is not taken from a file; give {option.opts[0]}")
        if option is None and name != EXAMPLES:
            guess = near(name, options) or f"known are {', '.join(sorted(options))}"
            raise ConfigError(f"{path}: unknown key {key!r}; {guess}")
        if python in taken:
            raise ConfigError(f"{path}: {taken[python]} and {key} are one option; give one of them")
        taken[python] = str(key)
        if value is not None:
            values[python] = _value(path, str(key), python, value, option, context)
    return {name: value for name, value in values.items() if value is not False}


def _value(path: Path, key: str, name: str, value: Any, option: Any, context: typer.Context) -> Any:
    is_flag, several = getattr(option, "is_flag", False), getattr(option, "multiple", False)
    if isinstance(value, bool) != is_flag:
        raise _unfit(path, key, value, "expected true or false" if is_flag else "put it in quotes")
    if is_flag:
        return value
    if name == "seeds" and isinstance(value, list):
        value = "".join(f"{seed}," for seed in value)
    if several and isinstance(value, dict):
        value = [f"{field}={_text(content)}" for field, content in value.items()]
    parts = value if several and isinstance(value, list) else [value]
    if not all(isinstance(part, str | int | float) for part in parts):
        raise _unfit(path, key, value, "expected text or a number")
    if name in _PLACES and "" in parts:
        raise _unfit(path, key, value, "it is empty; name a folder or file")
    texts = [_placed(path.parent, name, str(part)) for part in parts]
    typed = texts if several else texts[0]
    try:
        read = typed if option is None else option.process_value(context, typed)
    except Exception as error:
        if (problem := usage_problem(error)) is None:
            raise
        raise _unfit(path, key, value, problem) from error
    if name in recipe_fields() and not several:
        try:
            check_value(name, read)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
    return typed


def _text(value: Any) -> str:
    """A value of a field of the trainer as one types it after the equals sign."""
    return value if isinstance(value, str) else json.dumps(value)


def _placed(folder: Path, name: str, text: str) -> str:
    if name == "ood":
        return domain_beside(folder, text)
    return beside(folder, text) if name in _PLACES else text


def _unfit(path: Path, key: str, value: Any, problem: str) -> ConfigError:
    given = " ".join(repr(value).split())[:80]
    return ConfigError(f"{path}: {key}={given} does not fit: {problem}")
