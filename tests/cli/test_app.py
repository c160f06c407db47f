"""The command line that an output names makes the output again."""

from __future__ import annotations

import shlex

import pytest
from typer.main import get_command

from steadytune.cli import app
from steadytune.cli._app import command_line

GROUP = get_command(app)


def named(text: str) -> str:
    """What the command of `text` calls itself."""
    name, *arguments = shlex.split(text)
    parent = GROUP.make_context("steadytune", [name])
    command = GROUP.commands[name]  # type: ignore[attr-defined]
    return command_line(command.make_context(name, arguments, parent=parent))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("demo", "demo"),
        ("demo --seeds 7, --out 'a b'", "demo --seeds 7, --out 'a b'"),
        ("demo --method plain,lnsr:targets=(1,2) --epochs 2",
         "demo --method 'plain,lnsr:targets=(1,2)' --epochs 2.0"),
        ("compare --method plain --method lnsr --task rte --dry-run",
         "compare --task rte --method plain --method lnsr --dry-run"),
        ("diagnose minilm 'a b' --full c --data x.csv --text s --text t",
         "diagnose --data x.csv --text s --text t --full minilm 'a b' c"),
    ],
)  # fmt: skip
def test_a_command_is_named_without_defaults(given: str, expected: str) -> None:
    assert named(given) == f"steadytune {expected}"
    assert named(expected) == f"steadytune {expected}"
