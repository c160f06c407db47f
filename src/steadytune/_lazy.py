"""Public names that are declared once, and imported when they are first asked for."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def lazy_exports(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package, from its imports `if TYPE_CHECKING:`.

    Type checkers follow these imports. Here they are read as text, since to carry them out would
    import torch: `from .place import Name as Name` declares a name, `from .package import *` all
    names that another package declares in this way.

    Args:
        package: Its `__name__`.
    """
    homes = declared_names(package)

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return get, names, list(homes)


def declared_names(package: str) -> dict[str, str]:
    """Public name -> the module that it is in, in the order in which a package declares them."""
    homes: dict[str, str] = {}
    for block in _parsed(package).body:
        if not (isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"):
            continue
        for node in block.body:
            if isinstance(node, ast.ImportFrom) and node.level:
                home = f"{package}.{node.module}"
                for alias in node.names:
                    homes |= declared_names(home) if alias.name == "*" else {alias.name: home}
    return homes


def docstring_of(module: str, name: str) -> str:
    """The docstring of a class as it stands in the source of its module."""
    found = (n for n in _parsed(module).body if isinstance(n, ast.ClassDef) and n.name == name)
    return ast.get_docstring(next(found)) or ""


def _parsed(module: str) -> ast.Module:
    """The source of a module, which is not imported for it; its package is."""
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.loader is not None
    text: str | None = spec.loader.get_source(module)  # type: ignore[attr-defined]
    assert text is not None
    return ast.parse(text)
