"""How much is said: quiet, as usual, or with details."""

from __future__ import annotations

import io
import os

import pytest
from rich.console import Console
from transformers.utils import logging

from steadytune._loudness import LIBRARIES, Loudness, note, say, speaking, tell_settings
from steadytune._progress import EVERY, StudyProgress, Work, tell_settings_of
from steadytune.pretrained import quiet
from steadytune.runs.executors._executor import QUIET, library_output
from tests.run_records import make_spec, make_test_record


def console(terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Loudness.QUIET, ["[result]"]),
        (Loudness.USUAL, ["[result]", "a note"]),
        (Loudness.VERBOSE, ["[result]", "a note", "settings of it: rate=0.1"]),
    ],
)
def test_what_is_printed(how: Loudness, expected: list[str]) -> None:
    output = console()
    with speaking(how):
        say(output, "[result]")
        note(output, "a note")
        tell_settings(output, "it", {"rate": 0.1, "patience": None})
    assert text_of(output).splitlines() == expected


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_work_moves_nothing_and_names_what_failed(terminal: bool) -> None:
    output, now, spec = console(terminal), [0.0], make_spec(1)
    with speaking(Loudness.QUIET):
        progress = StudyProgress(output, runs=1, clock=lambda: now[0])
        with progress:
            now[0] += EVERY
            progress.on_progress(spec, 5, 10)
            progress.on_record(make_test_record(spec, "failed"))
    assert text_of(output).splitlines() == ["[1/1] plain, seed 1: failed: a reason"]


def test_among_the_lines_of_a_log_there_is_no_bar() -> None:
    output, now = console(True), [0.0]
    with speaking(Loudness.VERBOSE), Work(output, "evaluating", 4, clock=lambda: now[0]) as work:
        now[0] += EVERY
        work.advance()
    assert text_of(output) == "evaluating: 25 %, about 3 min left\n"


def test_settings_of_runs_are_told_once() -> None:
    output = console()
    with speaking(Loudness.VERBOSE):
        tell_settings_of([make_spec(1), make_spec(2), make_spec(1, "lnsr")], output)
    lines = text_of(output).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        f"settings of {method} on {make_spec(1).task}" for method in ("plain", "lnsr")
    ]
    assert "learning_rate=" in lines[0] and " seed=" not in lines[0]


def test_libraries_log_here_and_in_workers_and_as_before_afterwards() -> None:
    before = logging.get_verbosity()
    assert library_output() == QUIET
    with speaking(Loudness.VERBOSE):
        assert logging.get_verbosity() == logging.INFO == _verbosity_within_quiet()
        assert os.environ["TRANSFORMERS_VERBOSITY"] == "info"
        assert library_output() == {**QUIET, **LIBRARIES[Loudness.VERBOSE]}
    assert logging.get_verbosity() == before
    assert _verbosity_within_quiet() == logging.ERROR
    assert os.environ.get("TRANSFORMERS_VERBOSITY") != "info"


def _verbosity_within_quiet() -> int:
    with quiet():
        return int(logging.get_verbosity())
