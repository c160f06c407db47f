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

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast, get_type_hints

from ._checks import near
from ._exceptions import ConfigError
from .method_names import PLAIN, class_of, name_of, require_known
from .method_options import default_of, format_value, is_wrapper, options_of, read_option

if TYPE_CHECKING:
    from ._step.regularizer import Regularizer

_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|.""", re.DOTALL)
_HEAD = re.compile(
    r"(?:(?P<module>[^\W\d]\w*(?:\.\w+)*):)?(?P<name>[\w-]+)(?=$|[:(])(?P<rest>.*)", re.DOTALL
)
# Options that came after the first records: at these values the training is that of before.
_NEUTRAL = re.compile(
    r", (?:dose=None|per_variance=False|adaptive=False|layers=None|late_momentum=None"
    r"|by_sides=False)(?=[,)])"
)
_CONTINUATION = re.compile(r"\s*\w+\s*=")


def as_method_text(method: str | Regularizer | Iterable[Regularizer]) -> str:
    """The text form of a method, of several, or of what is a text already.

    Raises:
        ConfigError: If it is neither, or a text that names an unknown method.
    """
    if isinstance(method, str):
        require_known_names(method)
        return method
    from ._step.regularizer import Regularizer

    methods = (method,) if isinstance(method, Regularizer) else method
    if not isinstance(methods, Iterable) or not all(isinstance(m, Regularizer) for m in methods):
        raise ConfigError(
            f"{method!r} is not a method; expected its text, such as "
            "'lnsr:strength=1', or LNSR(...)"
        )
    return format_method(methods)


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


def import_paths(text: str) -> list[str]:
    """The modules that a method's text names; none is imported.

    Raises:
        ConfigError: If the text has no such form.
    """
    if text.strip().lower() == PLAIN:
        return []
    found: list[str] = []
    for piece in _split(text, "+"):
        module, _, wrapped, _ = _read_one(piece.strip())
        found += [module] if module else []
        found += import_paths(wrapped[1:-1]) if wrapped else []
    return found


def require_known_names(text: str) -> None:
    """Refuse a misspelt method at once. No method is imported, of steadytune or of the user.

    Raises:
        ConfigError: If the text has no such form, or a name is unknown, with near matches.
    """
    if text.strip().lower() != PLAIN:
        for piece in _split(text, "+"):
            module, name, wrapped, _ = _read_one(piece.strip())
            if module is None:
                require_known(name)
            if wrapped:
                require_known_names(wrapped[1:-1])


def format_method(methods: Iterable[Regularizer]) -> str:
    """The text of `methods`; only options that differ from their defaults are printed."""
    return "+".join(_format_one(method) for method in methods) or PLAIN


def method_identity(methods: Iterable[Regularizer]) -> str:
    """Every option of `methods`, defaults included, and the version of each class behind them.

    It changes whenever the training that they stand for does. An option that has come to a class
    since it was first recorded declares what the class did before, as `field(default=...,
    metadata={"neutral": ...})`: at that value it is left out, so that older records stay those of
    the same method.
    """
    chosen = tuple(methods)
    versions = sorted({(type(m).__name__, m.version) for m in _with_wrapped(chosen)})
    told = ", ".join(map(_told, chosen)) + "," * (len(chosen) == 1)
    options = _NEUTRAL.sub("", f"({told})")
    return f"{options}{''.join(f' {name} v{number}' for name, number in versions)}"


def _told(method: Regularizer) -> str:
    """What `repr` gives, without options at their neutral values."""
    from ._step.regularizer import Regularizer

    values = [
        (field, getattr(method, field.name)) for field in dataclasses.fields(cast(Any, method))
    ]
    told = [(f, v) for f, v in values if "neutral" not in f.metadata or v != f.metadata["neutral"]]
    if told == values and not any(isinstance(value, Regularizer) for _, value in values):
        return repr(method)
    parts = (
        f"{field.name}={_told(value) if isinstance(value, Regularizer) else repr(value)}"
        for field, value in told
        if field.repr
    )
    return f"{type(method).__qualname__}({', '.join(parts)})"


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
    module, name, wrapped, options = _read_one(text)
    if module and not imports:
        raise ConfigError(f"{text!r} is an import path, which is not followed here")
    cls = class_of(module, name)
    return _build(cls, _inner_of(cls, wrapped, text, imports), _read_options(options, text), text)


def _read_one(text: str) -> tuple[str | None, str, str, list[str]]:
    """Module, name, the wrapped method with its brackets, and options of a method as text."""
    match = _HEAD.fullmatch(text)
    if match is None:
        raise ConfigError(f"cannot read the method {text!r}; write it as name:option=value,...")
    if text.lower() == PLAIN:
        raise ConfigError("plain means no method, so nothing can be joined to it; leave it out")
    wrapped, *options = _split(match["rest"], ":")
    if len(options) > 1:
        raise ConfigError(f"too many colons in {text!r}; quote a value that contains one")
    return match["module"], match["name"], wrapped, options


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
            raise ConfigError(f"option {key!r} appears twice in {whole!r}; give it once")
        options[key] = value
    return options


def _build(
    cls: type[Regularizer], inner: Mapping[str, Regularizer], options: Mapping[str, str], text: str
) -> Regularizer:
    fields, hints = options_of(cls), get_type_hints(cls)
    for key in options:
        if key == "dose" and key not in fields:
            raise ConfigError(f"{cls.__name__} takes no dose: {cls.no_dose}")
        if key not in fields:
            hint = near(key, fields) or f"options: {', '.join(fields) or 'none'}"
            raise ConfigError(f"{cls.__name__} has no option {key!r}; {hint}")
    values = {key: read_option(cls, key, value, hints[key]) for key, value in options.items()}
    try:
        return cls(**inner, **values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{text}: {error}") from error


def _with_wrapped(methods: Iterable[Regularizer]) -> Iterator[Regularizer]:
    """The methods, and those inside wrappers."""
    from ._step.regularizer import Regularizer

    for method in methods:
        yield method
        fields = (getattr(method, f.name) for f in dataclasses.fields(cast(Any, method)))
        yield from _with_wrapped(value for value in fields if isinstance(value, Regularizer))


def _format_one(method: Regularizer) -> str:
    cls = type(method)
    name = name_of(cls)
    inner = f"({_format_one(cast(Any, method).method)})" if is_wrapper(cls) else ""
    options = ",".join(
        f"{key}={format_value(getattr(method, key))}"
        for key, field in options_of(cls).items()
        if getattr(method, key) != default_of(field)
    )
    return f"{name}{inner}:{options}" if options else f"{name}{inner}"
