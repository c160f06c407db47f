"""Every bad input is one clear line that names file, row and field, and exit status 2."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from steadytune.cli._app import one_line_errors
from steadytune.cli._data_options import takes_rows
from steadytune.tasks import DataSource

from .bad_inputs import BAD_INPUTS, BadInput

app = typer.Typer()


@app.command()
@takes_rows()
def load(*, rows: dict[str, Any]) -> None:
    with one_line_errors():
        DataSource(**rows).load()


def test_there_are_many() -> None:
    assert len(BAD_INPUTS) >= 80
    assert len({case.shows for case in BAD_INPUTS}) == len(BAD_INPUTS)


@pytest.mark.parametrize("case", BAD_INPUTS, ids=lambda case: case.shows)
def test_a_bad_input_is_one_line(case: BadInput, tmp_path: Path) -> None:
    for name, content in case.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)

    result = CliRunner().invoke(app, shlex.split(case.options.format(dir=tmp_path)))

    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    for part in case.says:
        assert part in result.stderr
    assert {
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    } == set(case.files)
