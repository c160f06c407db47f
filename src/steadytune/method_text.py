"""Methods as text, for command lines, study files and records.

    plain                                     no method
    lnsr                                      a method with its defaults
    lnsr:std=0.05,strength=0.01               options follow a colon
    lnsr+l2sp:strength=0.01                   several methods, inside out
    scheduled(lnsr:strength=1):warmup=0.1     a wrapper: the wrapped method stands in brackets
    package.module:Class:rate=3               a method of the user's own, by its import path

A value is a number, `true`, `false`, `none`, a word, text in quotes, or numbers in brackets such as
`(1,0.5)`. Printed floats hold no `+`, which joins methods: 1e16 rather than 1e+16.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import importlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, TypeGuard, Union, cast, get_args, get_origin, get_type_hints

from ._exceptions import ConfigError
from ._regularizer import Regularizer

PLAIN = "plain"

_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|.""", re.DOTALL)
_HEAD = re.compile(
    r"(?:(?P<module>[^\W\d]\w*(?:\.\w+)*):)?(?P<name>[\w-]+)(?=$|[:(])(?P<rest>.*)", re.DOTALL
)
_BARE_WORD = re.compile(r"[A-Za-z_][\w.-]*")
_CONTINUATION = re.compile(r"\s*\w+\s*=")
_CONSTANTS = {"none": None, "true": True, "false": False, "inf": math.inf, "-inf": -math.inf}


def known_methods() -> dict[str, type[Regularizer]]:
    """Every method of steadytune by its name in text, the class name in lower case."""
    from . import methods

    classes = (getattr(methods, name) for name in methods.__all__)
    return {cls.__name__.lower(): cls for cls in classes if issubclass(cls, Regularizer)}


def parse_method(text: str, *, imports: bool = True) -> tuple[Regularizer, ...]:
    """Read a method, or several joined by `+`; `plain` gives none.

    Args:
        text: The text form.
        imports: Whether import paths are followed. Text from a file must not say what code is run.

    Raises:
        ConfigError: If a name or an option is unknown or a value does not fit, with near matches.
    """
    if text.strip().lower() == PLAIN:
        return ()
    return tuple(_parse_one(piece.strip(), imports) for piece in _split(text, "+"))


def format_method(methods: Iterable[Regularizer]) -> str:
    """The text of `methods`; only options that differ from their defaults are printed."""
    return "+".join(_format_one(method) for method in methods) or PLAIN


def method_identity(methods: Iterable[Regularizer]) -> str:
    """Every option of `methods`, defaults included, and the version of each class behind them.

    It changes whenever the training that they stand for does.
    """
    chosen = tuple(methods)
    versions = sorted({(type(m).__name__, m.version) for m in _with_wrapped(chosen)})
    return f"{chosen!r}{''.join(f' {name} v{number}' for name, number in versions)}"


def split_methods(text: str) -> list[str]:
    """Cut `plain,lnsr:std=0.05,strength=0.1` into methods: a comma before `key=` cuts nothing."""
    pieces: list[str] = []
    for piece in _split(text, ","):
        if pieces and _CONTINUATION.match(piece):
            pieces[-1] += "," + piece.strip()
        else:
            pieces.append(piece.strip())
    if not all(pieces):
        raise ConfigError(f"empty method in {text!r}; give names such as plain,lnsr")
    return pieces


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
    hint = _near(plain_name, names) or f"known methods: {', '.join(names)}"
    raise ConfigError(f"unknown method {name!r}; {hint}, or give package.module:Class")


def options_of(cls: type[Regularizer]) -> dict[str, dataclasses.Field[Any]]:
    """The options of a method by name, without the method that a wrapper wraps."""
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    return {field.name: field for field in fields if field.init and field.name != "method"}


def is_wrapper(cls: type[Regularizer]) -> bool:
    """Whether a method wraps another one, its field `method`."""
    return any(field.name == "method" for field in dataclasses.fields(cls))  # type: ignore[arg-type]


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


def _split(text: str, separator: str) -> list[str]:
    """Cut at `separator` outside quotes and brackets; a `+` before a digit belongs to a number."""
    pieces, depth = [""], 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        depth += (token in ("(", "[")) - (token in (")", "]"))
        number = token == "+" and text[match.end() :][:1].isdigit()
        if token == separator and depth == 0 and not number:
            pieces.append("")
        else:
            pieces[-1] += token
    if depth:
        raise ConfigError(f"brackets do not match in {text!r}; close every one that is opened")
    return pieces


def _parse_one(text: str, imports: bool) -> Regularizer:
    match = _HEAD.fullmatch(text)
    if match is None:
        raise ConfigError(f"cannot read the method {text!r}; write it as name:option=value,...")
    if text.lower() == PLAIN:
        raise ConfigError("plain means no method, so nothing can be joined to it; leave it out")
    if match["module"] and not imports:
        raise ConfigError(f"{text!r} is an import path, which is not followed here")
    cls = _find_class(match["module"], match["name"])
    inner, *options = _split(match["rest"], ":")
    if len(options) > 1:
        raise ConfigError(f"too many colons in {text!r}; quote a value that holds one")
    wrapped = _inner_of(cls, inner, text, imports)
    return _build(cls, wrapped, _read_options(options, text), text)


def _find_class(module: str | None, name: str) -> type[Regularizer]:
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


def _is_method(cls: object) -> TypeGuard[type[Regularizer]]:
    return isinstance(cls, type) and issubclass(cls, Regularizer) and dataclasses.is_dataclass(cls)


def _import(module: str, name: str) -> object:
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever the user's module raises
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"cannot import the method {module}:{name}: {reason}") from error


def _inner_of(
    cls: type[Regularizer], text: str, whole: str, imports: bool
) -> dict[str, Regularizer]:
    """The wrapped method of a wrapper, from the text in brackets after its name."""
    wraps = is_wrapper(cls)
    if wraps != bool(text):
        remedy = f"{cls.__name__.lower()}(lnsr)" if wraps else whole.replace(text, "")
        fault = "needs a method in brackets" if wraps else "does not wrap a method"
        raise ConfigError(f"{cls.__name__} {fault}: {whole!r}; write {remedy}")
    if not wraps:
        return {}
    inner = parse_method(text[1:-1], imports=imports)
    if len(inner) != 1:
        raise ConfigError(f"{whole!r} wraps {len(inner)} methods; wrap each one by itself")
    return {"method": inner[0]}


def _read_options(texts: list[str], whole: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for piece in (piece for text in texts for piece in _split(text, ",")):
        key, equals, value = (part.strip() for part in piece.partition("="))
        if not (key and equals and value):
            raise ConfigError(f"cannot read {piece!r} in {whole!r}; write option=value")
        if key in options:
            raise ConfigError(f"option {key!r} stands twice in {whole!r}; give it once")
        options[key] = value
    return options


def _build(
    cls: type[Regularizer], inner: Mapping[str, Regularizer], options: Mapping[str, str], text: str
) -> Regularizer:
    fields, hints = options_of(cls), get_type_hints(cls)
    for key in options:
        if key not in fields:
            hint = _near(key, fields) or f"options: {', '.join(fields) or 'none'}"
            raise ConfigError(f"{cls.__name__} has no option {key!r}; {hint}")
    values = {key: _convert(key, value, hints[key], cls) for key, value in options.items()}
    try:
        return cls(**inner, **values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{text}: {error}") from error


def _convert(key: str, text: str, hint: Any, cls: type[Regularizer]) -> object:
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    adapter: TypeAdapter[object] = TypeAdapter(
        hint, config=ConfigDict(arbitrary_types_allowed=True)
    )
    value = _read_value(text)
    try:
        return adapter.validate_python(value, strict=True)
    except ValidationError:
        near = _near(text, [word for word in _words(hint) if isinstance(word, str)])
        remedy = f"; {near}" if near else ""
        raise ConfigError(
            f"{cls.__name__} option {key!r} expects {expected(hint)}, got {text!r}{remedy}"
        ) from None


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


_TYPE_WORDS = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "a word",
    NoneType: "none",
}


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


def _near(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=3)
    return f"did you mean {' or '.join(found)}?" if found else ""


def _with_wrapped(methods: Iterable[Regularizer]) -> Iterator[Regularizer]:
    """The methods, and those inside wrappers."""
    for method in methods:
        yield method
        fields = (getattr(method, f.name) for f in dataclasses.fields(cast(Any, method)))
        yield from _with_wrapped(value for value in fields if isinstance(value, Regularizer))


def _format_one(method: Regularizer) -> str:
    cls = type(method)
    name = cls.__name__.lower()
    if known_methods().get(name) is not cls:
        name = f"{cls.__module__}:{cls.__qualname__}"
    inner = f"({_format_one(method.method)})" if is_wrapper(cls) else ""  # type: ignore[attr-defined]
    options = ",".join(
        f"{key}={format_value(getattr(method, key))}"
        for key, field in options_of(cls).items()
        if getattr(method, key) != default_of(field)
    )
    return f"{name}{inner}:{options}" if options else f"{name}{inner}"


def default_of(field: dataclasses.Field[Any]) -> object:
    """The default of an option."""
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()
