"""Usage errors: one line that names what is wrong and where the help is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from steadytune.cli import app
from steadytune.cli._usage import _OURS, _PLACES, OneLineGroup, our_name
from tests.test_cli import call, require_one_line, spawn


@pytest.mark.parametrize(
    ("words", "expected", "command"),
    [
        (["demo", "--sedes", "3"], ["no such option: --sedes", "--seeds"], "steadytune demo"),
        (["--bogus"], ["no such option: --bogus"], "steadytune"),
        (["--version=3"], ["'--version' does not take a value"], "steadytune"),
        (["demos"], ["no such command 'demos'", "'demo'?"], "steadytune"),
        (["xyzzy"], ["no such command 'xyzzy'"], "steadytune"),
        (["--", "--version=3"], ["'--version' does not take a value"], "steadytune"),
        (["compare", "--epochs", "abc"], ["'abc'", "'--epochs'", "number"], "steadytune compare"),
        (["train", "--threads", "1.5", "--out", "x"], ["'1.5'", "integer"], "steadytune train"),
        (["train", "--task", "rte"], ["missing option '--out'"], "steadytune train"),
        (["evaluate"], ["missing argument 'MODEL'"], "steadytune evaluate"),
        (["compare", "--task"], ["'--task' requires an argument"], "steadytune compare"),
        (["compare", "--dry-run=3"], ["does not take a value"], "steadytune compare"),
        (["demo", "more\nlines"], ["unexpected extra argument"], "steadytune demo"),
    ],
)
def test_a_usage_error_is_one_line_that_says_where_the_help_is(
    words: list[str], expected: list[str], command: str
) -> None:
    result = call(*words)
    require_one_line(result, *expected)
    assert result.stderr.lower().endswith(f" see '{command} --help'\n")
    assert not result.stdout


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("lr", "learning-rate"),
        ("learning_rate", "learning-rate"),
        ("num_train_epochs", "epochs"),
        ("per-device-train-batch-size", "batch-size"),
        ("model_name_or_path", "model"),
        ("dry_run", "dry-run"),
        ("seeds", "seeds"),
    ],
)
def test_names_of_hugging_face_scripts_are_taken(written: str, ours: str) -> None:
    assert our_name(written) == ours


def test_every_alias_leads_to_an_option_and_hides_none() -> None:
    train = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]
    options = {name.removeprefix("--") for p in train.params for name in p.opts}
    aliases = {our_name(written): written for written in _OURS}
    assert set(aliases) <= options and not set(_OURS) & options


def test_an_alias_is_read_and_checked_as_the_option_is() -> None:
    require_one_line(
        call("compare", "--task", "rte", "--num_train_epochs", "-1"),
        "--epochs -1.0 is not possible",
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--gradient_accumulation_steps", "4"], "; give --set gradient_accumulation_steps=VALUE;"),
        (["--bf16"], "no such option: --bf16, which is set by --precision bf16;"),
        (["--fp16", "true"], "--precision fp16"),
        (["--eval-steps", "10"], "which is set by --patience"),
    ],
)
def test_a_field_of_the_trainer_that_is_not_an_option_says_how_to_give_it(
    words: list[str], expected: str
) -> None:
    for command in ("train", "compare"):
        require_one_line(call(command, "--task", "rte", *words), expected)
    assert "--set" not in call("fit", *words).stderr


@pytest.mark.parametrize(
    ("word", "meant"), [("--methods", "--method,"), ("--lerning-rate", "--learning-rate)")]
)
def test_an_option_that_is_mistyped_is_named_at_once(
    word: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the fields of the trainer, whose import takes seconds."""
    monkeypatch.setattr("steadytune.runs.trainer_fields._fields", None)
    require_one_line(call("compare", "--task", "rte", word, "2"), f"(Possible options: {meant}")


def test_an_option_of_another_command_is_not_said_to_be_set_by_itself() -> None:
    require_one_line(call("compare", "--task", "rte", "--seed", "2"), "--seed (Possible", "--seeds")


@pytest.mark.parametrize("words", [["--out", ""], ["--out="], ["--output_dir", ""]])
def test_an_empty_folder_is_not_the_current_one(words: list[str]) -> None:
    require_one_line(call("compare", "--task", "rte", *words), "--out is empty; name a folder")


def takes_places() -> list[tuple[str, str]]:
    """Command and option or argument of all that are called folder or file in the help."""
    group: Any = typer.main.get_command(app)
    return [
        (name, parameter.opts[0] if parameter.param_type_name == "option" else "")
        for name, command in group.commands.items()
        for parameter in command.params
        if (parameter.metavar or "").removesuffix("...") in _PLACES
    ]


@pytest.mark.parametrize(("command", "option"), takes_places())
def test_no_empty_place_is_the_current_folder(
    command: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [option, ""] if option else [""] * (1 + (command in ("pack", "predict")))
    require_one_line(call(command, *words), f"{option} is empty; name a folder or file")
    assert not list(tmp_path.iterdir())


def test_the_target_of_pack_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    require_one_line(call("pack", "study", ""), "TARGET is empty; name a folder or file")
    assert not list(tmp_path.iterdir())


def test_help_shows_flags_and_choices_as_they_are_typed() -> None:
    for words in (["--help"], ["compare", "--help"], ["train", "--help"]):
        shown = call(*words).stdout
        assert "<bool>" not in shown and "BOOLEAN" not in shown
    assert "auto|fp32|bf16|fp16" in shown and "none|balanced" in shown


def test_help_groups_commands_and_options() -> None:
    groups = ["Options", "One model", "Methods over many seeds", "Look up, look inside"]
    for words, headings in ([], groups), (["train"], ["Arguments", "Options", "Data", "Training"]):
        shown = call(*words, "--help").stdout
        assert re.findall(r"╭─ (.+?) ─", shown) == headings


def test_a_usage_error_of_a_process_is_the_same_line() -> None:
    done = spawn("demo", "--epochs", "abc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: invalid value 'abc' for '--epochs': ")
    assert done.stderr.count("\n") == 1


def test_help_and_ends_that_are_asked_for_are_as_they_were() -> None:
    app = typer.Typer(cls=OneLineGroup)

    @app.command()
    def leave(status: int) -> None:
        raise typer.Abort if status < 0 else typer.Exit(status)

    app.command("other")(lambda: None)
    ends = (["leave", "3"], ["leave", "--", "-1"], ["leave", "--help"])
    results = [CliRunner().invoke(app, words) for words in ends]
    assert [result.exit_code for result in results] == [3, 1, 0]
    assert "leave" in results[2].stdout and not results[0].output
    assert results[1].stderr == "Aborted.\n"
