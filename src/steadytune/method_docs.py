"""What is said of a method where it is listed: taken from its docstring and its fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, get_type_hints

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ._exceptions import ConfigError
from ._lazy import declared_names, docstring_of
from .method_names import METHOD_NAMES, find_method
from .method_options import default_of, expected, format_value, is_wrapper, options_of
from .method_text import parse_method

if TYPE_CHECKING:
    from ._step.regularizer import Regularizer


@dataclass(frozen=True)
class Entry:
    """One method of a list.

    Args:
        name: Its name in text.
        summary: What it does.
        cost: What a step costs.
        evidence: What our studies say of it; empty where none has compared it.
        reference: Where it comes from.
    """

    name: str
    summary: str
    cost: str
    evidence: str
    reference: str


@dataclass(frozen=True)
class Option:
    """One option of a method: its name, what it takes, its default as text, what it means."""

    name: str
    expected: str
    default: str
    meaning: str


def list_methods() -> list[Entry]:
    """Every method of steadytune, in the order in which they are exported. None is imported."""
    homes = declared_names("steadytune.methods")
    texts = {name: docstring_of(homes[cls], cls) for name, cls in METHOD_NAMES.items()}
    return [
        Entry(
            name,
            _first_line(text),
            *(_paragraph(text, heading) for heading in ("Cost", "Evidence", "Reference")),
        )
        for name, text in texts.items()
    ]


def summary(method: Regularizer) -> str:
    """What a method does, in one sentence, and what a noise that is an alias stands for."""
    from ._step.noise import resolve_noise
    from ._step.regularizer import Regularizer

    text = _first_line(_docstring(type(method)))
    noise = getattr(method, "noise", None)
    if noise == "in-manifold":
        text += f" Its in-manifold noise is {resolve_noise(noise)}, our reading of the name."
    inner = getattr(method, "method", None)
    return f"{text} {summary(inner)}" if isinstance(inner, Regularizer) else text


def describe_methods(texts: Iterable[str]) -> dict[str, str]:
    """What each method does, in one line; methods of the user's own are imported for it.

    Args:
        texts: Methods in their text form; unreadable ones are left out.
    """
    described = {}
    for text in texts:
        with suppress(ConfigError):
            if methods := parse_method(text):
                described[text] = " ".join(summary(method) for method in methods)
    return described


def list_options(cls: type[Regularizer]) -> list[Option]:
    """The options of a method with their types in words and their defaults."""
    hints, meanings = get_type_hints(cls), _meanings(_docstring(cls))
    return [
        Option(
            name,
            expected(hints[name]),
            format_value(default_of(field)),
            meanings.get(name, ""),
        )
        for name, field in options_of(cls).items()
    ]


def card(cls: type[Regularizer]) -> str:
    """What the docstring of a method says beside its options, a line for each paragraph of text."""
    kept = (part for part in _docstring(cls).split("\n\n") if not part.startswith("Args:"))
    return "\n\n".join(part if "\n " in f"\n{part}" else _joined(part) for part in kept)


def print_methods(console: Console) -> None:
    """Print every method: what it does and costs, what our studies say, where it comes from."""
    console.print(Text("plain", style="bold cyan"))
    console.print(Padding(Text("Fine-tuning with no method added: the baseline."), (0, 0, 0, 4)))
    for entry in list_methods():
        console.print(Text(entry.name, style="bold cyan"))
        lines = Text(entry.summary)
        for heading in ("Cost", "Evidence", "Reference"):
            if text := getattr(entry, heading.lower()):
                lines.append(f"\n{heading}: {text}", style="dim")
        console.print(Padding(lines, (0, 0, 0, 4)))
    console.print(
        "\nEvidence: mean difference to plain in points, with its 95 % interval, on a small model "
        "(docs/evidence.md). Without such a line, no study of ours has compared the method yet."
    )
    console.print("Options and defaults of one: steadytune methods NAME")


def print_card(name: str, console: Console) -> None:
    """Print all that is known of one method.

    Raises:
        ConfigError: If there is no such method, with near matches.
    """
    cls = find_method(name)
    options = list_options(cls)
    console.print(Text(cls.__name__, style="bold cyan"))
    console.print(Text(card(cls)))
    table = Table("option", "takes", "default", "meaning", box=box.SIMPLE_HEAD, pad_edge=False)
    for option in options:
        table.add_row(*map(Text, astuple(option)))
    console.print(table)
    wrapped = "(lnsr)" if is_wrapper(cls) else ""
    example = f"{cls.__name__.lower()}{wrapped}:{options[0].name}={options[0].default}"
    console.print(Text(f"On command lines: --method {example}"))


def _docstring(cls: type[Regularizer]) -> str:
    return inspect.getdoc(cls) or ""


def _first_line(docstring: str) -> str:
    return docstring.partition("\n")[0]


def _paragraph(docstring: str, heading: str) -> str:
    """The paragraph of the docstring that begins with `heading:`, on one line and without it."""
    start = f"{heading}: "
    parts = docstring.split("\n\n")
    found = (part.removeprefix(start) for part in parts if part.startswith(start))
    return _joined(next(found, ""))


def _meanings(docstring: str) -> dict[str, str]:
    """Option -> what the docstring's `Args:` say of it."""
    block = next((part for part in docstring.split("\n\n") if part.startswith("Args:")), "")
    entries = re.split(r"^    (?=\w+:)", block, flags=re.MULTILINE)[1:]
    pairs = (entry.partition(":") for entry in entries)
    return {name: _joined(text) for name, _, text in pairs}


def _joined(text: str) -> str:
    return " ".join(text.split())
