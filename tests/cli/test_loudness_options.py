"""`--quiet` and `--verbose` of the commands that work long."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune._loudness import Loudness, loudness, speaking
from steadytune.cli._terminal import Terminal
from tests.cli.test_app import named
from tests.cli.test_completion import COMMANDS
from tests.test_cli import call, require_one_line

LONG = ("train", "fit", "compare", "evaluate", "predict", "diagnose", "report", "demo")


@pytest.mark.parametrize("command", LONG)
def test_one_of_them_may_be_given(command: str) -> None:
    options = [name for parameter in COMMANDS[command].params for name in parameter.opts]
    assert options.count("--quiet") == options.count("--verbose") == 1
    needed = {"train": ["--out", "x"], "evaluate": ["m"], "predict": ["m", "x.csv"]}
    words = [*needed.get(command, ["x"] if command == "diagnose" else []), "--quiet", "--verbose"]
    require_one_line(call(command, *words), "--quiet and --verbose were both given; give one")


def test_a_command_that_is_named_says_as_much_as_it_likes() -> None:
    assert named("demo --quiet --seeds 2") == "steadytune demo --seeds 2"


def test_a_quiet_terminal_has_no_spinner(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(force_terminal=True)
    with speaking(Loudness.QUIET), terminal.status("reading"):
        pass
    assert not capsys.readouterr().out
    with terminal.status("reading"):
        pass
    assert "reading" in capsys.readouterr().out


def test_a_command_ends_as_loud_as_it_began(tmp_path: Path) -> None:
    require_one_line(call("report", str(tmp_path), "--quiet"), str(tmp_path))
    assert loudness() is Loudness.USUAL
