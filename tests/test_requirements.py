"""What is said where an installed package is too old or too new."""

from __future__ import annotations

from importlib import metadata

import pytest
import typer

from steadytune import _requirements
from steadytune._requirements import wrong_version
from steadytune.cli._app import one_line_errors


def test_what_is_installed_here_fits() -> None:
    assert wrong_version() is None


def test_a_package_that_does_not_fit_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some failed import says nothing of versions: the line does, and how to mend them."""
    installed = {"transformers": "4.40.0", "peft": "0.17.1"}
    monkeypatch.setattr(
        _requirements, "version", lambda name: installed.get(name) or metadata.version(name)
    )
    with pytest.raises(typer.Exit) as ended, one_line_errors():
        raise ImportError("cannot import name 'Trainer' from 'transformers'")
    assert ended.value.exit_code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: peft 0.17.1 is installed, and steadytune needs peft>=") or (
        said.startswith(
            "error: transformers 4.40.0 is installed, and steadytune needs transformers"
        )
    )
    assert said.count("\n") == 1


def test_another_failed_import_stays_as_it_is() -> None:
    with pytest.raises(ImportError, match="no_such_module"), one_line_errors():
        raise ImportError("no_such_module")
