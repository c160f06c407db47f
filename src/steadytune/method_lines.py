"""What methods do in a line, from the files of their classes: no method is imported, torch neither.

Records are text from a file. That must not say what code is run, and reading it must be quick.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ._lazy import declared_names, docstring_of

_NOISE = Path(__file__).parent / "_step" / "noise.py"
_OPTION = re.compile(r"[:,][\w.]+=[^,()+]*")


def describe_recorded(texts: Iterable[str]) -> dict[str, str]:
    """What each method does, in one line.

    Args:
        texts: Methods in their text form; those that name a class elsewhere are left out.
    """
    found = {text: _described(text) for text in texts}
    return {text: line for text, line in found.items() if line}


def _described(text: str) -> str:
    names = re.findall(r"[^+()]+", _OPTION.sub("", text))
    lines = [_first_lines().get(re.sub("[-_ ]", "", name.lower()), "") for name in names]
    if not all(lines):
        return ""
    if "noise=in-manifold" in text:
        lines.append(f"Its in-manifold noise is {_in_manifold()}, our reading of the name.")
    return " ".join(lines)


@cache
def _first_lines() -> dict[str, str]:
    """Name of a method in text -> the first line of its docstring."""
    homes = declared_names("steadytune.methods")
    return {cls.lower(): docstring_of(home, cls).partition("\n")[0] for cls, home in homes.items()}


@cache
def _in_manifold() -> str:
    """The noise that the name stands for."""
    for node in ast.parse(_NOISE.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "IN_MANIFOLD":
            return str(ast.literal_eval(node.value)) if node.value else ""
    return ""
