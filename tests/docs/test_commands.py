"""Every command line in the documentation, and in the help, has options that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from steadytune.cli import app
from steadytune.study.methods import read_methods

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
_FENCED = re.compile(r"^```\w*\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"^ *(?:\* )?`(steadytune [^`]*)`$", flags=re.MULTILINE)
_WITH_METHODS = ("compare", "demo")
_OF_READERS = ("package.module:", "keep_apart:")  # modules that a reader is to write


def commands(text: str) -> list[list[str]]:
    """The words of each command line; a synopsis, which has brackets, is none."""
    text = text.replace("\\\n", " ")
    code = [line for block in _FENCED.findall(text) for line in block.splitlines()]
    code += [line.strip() for line in text.splitlines() if line.startswith("    ")]
    lines = [line for line in code if line.startswith("steadytune ")] + _QUOTED.findall(text)
    return [shlex.split(line, comments=True)[1:] for line in lines if " [" not in line]


def require_readable(words: list[str]) -> None:
    """Read them as the command does; a usage error is raised as it is."""
    name, *arguments = words
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    context = command.make_context(name, list(arguments))
    if name in _WITH_METHODS:
        given = context.params["method"] or ()
        read_methods([m for m in given if not any(module in m for module in _OF_READERS)])


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_of_a_page_can_be_read(page: Path) -> None:
    for words in commands(page.read_text()):
        require_readable(words)


def test_examples_of_the_help_can_be_read() -> None:
    group = get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        found = commands(command.callback.__doc__ or "")
        assert found, name
        for words in found:
            require_readable(words)


def test_the_readme_has_commands() -> None:
    assert len(commands(PAGES[0].read_text())) >= 4
