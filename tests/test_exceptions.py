"""A Ctrl-C that Python or a library made another error of is one all the same."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from steadytune import ModelError, SteadytuneError
from steadytune._exceptions import interrupts_unwrapped
from steadytune.cli._app import one_line_errors
from steadytune.runs.executors._executor import attempt
from tests.run_records import make_spec


class Interrupted:
    """As a Ctrl-C in the body of a class does it: before Python 3.12 a RuntimeError comes of it."""

    def __set_name__(self, owner: type, name: str) -> None:
        raise KeyboardInterrupt


def import_of_a_library(*given: Any) -> Any:
    try:
        type("Formatter", (), {"format": Interrupted()})
    except KeyboardInterrupt as error:  # from Python 3.12 on
        raise RuntimeError("Error calling __set_name__") from error


def loaded(*given: Any) -> Any:
    try:
        import_of_a_library()
    except RuntimeError as error:
        raise ModelError("it cannot be loaded") from error


@pytest.mark.parametrize("fails", [import_of_a_library, loaded])
def test_an_interrupt_fails_no_run(fails: Any) -> None:
    with pytest.raises((RuntimeError, SteadytuneError)):
        fails()
    with pytest.raises(KeyboardInterrupt), interrupts_unwrapped():
        fails()
    with pytest.raises(KeyboardInterrupt):
        attempt(fails, make_spec(), None)  # type: ignore[arg-type]
    with pytest.raises(typer.Exit) as ended, one_line_errors(), one_line_errors():
        fails()
    assert ended.value.exit_code == 130


def test_other_errors_stay_as_they_are() -> None:
    with pytest.raises(ModelError, match="as it was"), interrupts_unwrapped():
        raise ModelError("as it was")
    assert attempt(lambda *_: [][0], make_spec(), None).record.status == "failed"  # type: ignore[arg-type,return-value]
