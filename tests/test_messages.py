"""The library names options as Python does; the command line gives them their dashes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import steadytune

SOURCE = Path(steadytune.__file__).parent
# Modules that print command lines, run programs of others, or declare options.
SPEAK_OF_COMMANDS = {
    "fitting/result.py",
    "method_docs.py",
    "records/recipe.py",
    "reporting/sentences/headline.py",
    "reporting/tables/ensembles.py",
    "reporting/tables/run_files.py",
    "runs/environment.py",
    "tasks/_pip_download.py",
    "tasks/listing.py",
}
ELSEWHERE = ("cli/", "_page/", "reporting/exports/latex.py")  # a dash of LaTeX, names of CSS
FILES = sorted(
    name
    for path in SOURCE.rglob("*.py")
    if not (name := str(path.relative_to(SOURCE))).startswith(ELSEWHERE)
)


def texts(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.mark.parametrize("name", [name for name in FILES if name not in SPEAK_OF_COMMANDS])
def test_no_message_of_the_library_names_a_flag(name: str) -> None:
    # A piece of a text may end before the name that follows its dashes.
    flag = re.compile(r"(?<!-)--(?:[a-z]|$)")
    assert [text for text in texts(SOURCE / name) if flag.search(text)] == []


def test_the_exceptions_name_flags() -> None:
    for name in SPEAK_OF_COMMANDS:
        assert any(re.search(r"--[a-z]", text) for text in texts(SOURCE / name)), name
