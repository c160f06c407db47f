"""What a shell completes, and how the help calls values."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from steadytune.cli import app
from steadytune.finetune.options import KEEP
from tests.test_cli import call

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def completed(words: str) -> set[str]:
    """What bash is offered after these words."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    result = CliRunner().invoke(
        app, [], prog_name="steadytune", env={**asked, "_STEADYTUNE_COMPLETE": "complete_bash"}
    )
    return set(result.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("train --precision b", {"bf16"}),
        ("train --keep ", set(KEEP)),
        ("train --class-weights b", {"balanced"}),
        ("train --task vader-m", {"vader-movies"}),
        ("fit --kind qa", {"qa", "qa_no_answer"}),
        ("compare --metric rouge", {"rouge1", "rouge2", "rougeL"}),
        ("compare --method mix", {"mixout"}),
        ("compare --method plain,lns", {"plain,lnsr"}),
        ("demo --method plai", {"plain"}),
        ("methods free", {"freelb"}),
        ("tasks vader-m", {"vader-movies"}),
    ],
)
def test_values_are_completed(words: str, offered: set[str]) -> None:
    assert completed(f"steadytune {words}") == offered


def test_the_help_says_what_each_option_takes() -> None:
    pages = {name: call(name, "--help").stdout for name in COMMANDS}
    bare = {name: re.findall(r"(--[a-z-]+) +<str>", page) for name, page in pages.items()}
    assert not any(bare.values())
    assert "|".join(KEEP) in pages["train"]
