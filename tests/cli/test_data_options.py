"""The options that say which rows a command reads make the value that says so."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from steadytune.cli._data_options import takes_rows
from steadytune.tasks.source import DataSource

app = typer.Typer()
made: list[DataSource] = []


@app.command()
@takes_rows()
def command(*, rows: dict[str, Any]) -> None:
    made.append(DataSource(**rows))


@pytest.fixture(autouse=True)
def no_data_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEADYTUNE_DATA", raising=False)


def source_of(*arguments: str, **environment: str) -> DataSource:
    result = CliRunner().invoke(app, list(arguments), env=environment)
    assert result.exit_code == 0, result.output
    return made.pop()


def test_every_option_arrives() -> None:
    names = {
        "train": "t.csv",
        "test": "e.csv",
        "validation": "v.csv",
        "label": "y",
        "kind": "regression",
        "metric": "pearson",
        "positive": "spam",
        "encoding": "cp1252",
        "delimiter": ";",
        "data_root": "data",
    }
    options = [part for name, value in names.items() for part in (f"--{name}", value)]
    options[options.index("--data_root")] = "--data-root"
    repeated = [*("--ood", "a=a.csv", "--ood", "b=b.csv"), *("--text", "one", "--text", "other")]
    assert source_of(*options, *repeated, "--skip-bad") == DataSource(
        **names, skip_bad=True, ood=("a=a.csv", "b=b.csv"), text=("one", "other")
    )


def test_a_named_task_alone() -> None:
    assert source_of("--task", "rte") == DataSource(task="rte")


def test_validation_rows_had_another_name() -> None:
    given = source_of("--train", "t.csv", "--dev", "v.csv")
    assert (given.validation, given.test) == ("v.csv", None)


def test_the_data_root_is_the_environments() -> None:
    assert source_of("--task", "rte", STEADYTUNE_DATA="data").data_root == "data"
    assert source_of("--task", "rte", STEADYTUNE_DATA="").data_root is None
    given = source_of("--task", "rte", "--data-root", "mine", STEADYTUNE_DATA="data")
    assert given.data_root == "mine"
