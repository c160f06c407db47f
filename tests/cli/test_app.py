"""The command line that an output names makes the output again."""

from __future__ import annotations

import io
import shlex

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from steadytune import NoResultError
from steadytune.cli import app
from steadytune.cli._app import NO_RESULT, command_line, one_line_errors, with_dashes
from steadytune.cli._terminal import Terminal

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


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        ("name it with `label`; or `skip_bad`", "name it with --label; or --skip-bad"),
        ("give `kind=regression`, or `settings`", "give --kind regression, or --set"),
        ("`evaluate` and `hidden_dim=3` are none", "`evaluate` and `hidden_dim=3` are none"),
        ("learning_rate=-1 is too low", "--learning-rate -1 is too low"),
        ("strength=-1 is too low", "strength=-1 is too low"),
    ],
)
def test_options_get_their_dashes(told: str, typed: str) -> None:
    assert with_dashes(told) == typed


def test_what_the_library_prints_gets_them_too() -> None:
    shown = io.StringIO()
    Terminal(file=shown, width=80).print("name it with `label`", 3)
    assert shown.getvalue() == "name it with --label 3\n"


@pytest.mark.parametrize("words", ["report {}", "pack {} b", "compare --task rte --data-root {}"])
def test_a_name_that_no_file_can_have_is_one_line(words: str) -> None:
    result = CliRunner().invoke(app, words.format("a" * 300).split())
    assert result.exit_code == 2
    assert result.stderr == f"error: file name too long: {'a' * 60}...; give another\n"


def test_trainings_without_a_result_have_a_status_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit) as ended, one_line_errors():
        raise NoResultError("the training diverged; give a lower `learning_rate`")
    assert ended.value.exit_code == NO_RESULT
    assert capsys.readouterr().err == (
        "error: the training diverged; give a lower --learning-rate\n"
    )
