"""Progress: a bar that moves inside runs in a terminal, a line a run elsewhere."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from steadytune._progress import EVERY, StudyProgress, Work, describe_record, time_left
from tests.run_records import make_spec, make_test_record

SPECS = [make_spec(seed) for seed in (1, 2, 3)]
TASK = {"name": "toy", "metric": "accuracy", "in_domain": "movie"}


def record(spec: Any, status: str = "ok") -> dict[str, Any]:
    return make_test_record(spec, status, task=TASK, seconds={"total": 12.4})


def console(terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_runs_that_have_not_begun_count_as_the_others_do() -> None:
    progress = StudyProgress(console(False), runs=3)
    assert progress.units == (0, 0)
    progress.on_progress(SPECS[0], 5, 10)
    assert progress.units == (5, 30)
    progress.on_progress(SPECS[1], 2, 20)
    assert progress.units == (7, 45)


def test_a_run_that_ends_early_counts_as_done() -> None:
    progress = StudyProgress(console(False), runs=2)
    progress.on_progress(SPECS[0], 5, 10)
    progress.on_record(record(SPECS[0], "diverged"))
    assert progress.units == (10, 20)


def test_elsewhere_each_run_is_one_line_without_control_characters() -> None:
    output = console(False)
    with StudyProgress(output, runs=2) as progress:
        for spec in SPECS[:2]:
            for done in range(1, 11):
                progress.on_progress(spec, done, 10)
            progress.on_record(record(spec))
    lines = text_of(output).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("[1/2] plain, seed 1: accuracy on movie 0.750, 12 s (about")
    assert lines[1] == "[2/2] plain, seed 2: accuracy on movie 0.750, 12 s"
    assert "\x1b" not in text_of(output)


def test_in_a_terminal_a_bar_moves_within_a_run() -> None:
    output = console(True)
    with StudyProgress(output, runs=1) as progress:
        progress.on_progress(SPECS[0], 3, 4)
        progress._bar.refresh()
    shown = text_of(output)
    assert "starting" in shown
    assert "0 of 1 runs done" in shown
    assert "75 %" in shown
    assert "left:" in shown


def test_elsewhere_long_work_is_a_line_a_minute() -> None:
    output, now = console(False), [0.0]
    with Work(output, "evaluating", 100, clock=lambda: now[0]) as work:
        for _ in range(100):
            now[0] += EVERY / 20
            work.advance()
    lines = text_of(output).splitlines()
    assert lines[0] == "evaluating: 20 %, about 4 min left"
    assert [line.split()[1] for line in lines] == ["20", "40", "60", "80", "100"]
    assert lines[-1] == "evaluating: 100 %"


def test_within_a_run_there_are_lines_too() -> None:
    output, now = console(False), [0.0]
    with StudyProgress(output, runs=2, clock=lambda: now[0]) as progress:
        for done in range(1, 11):
            now[0] += EVERY / 4
            progress.on_progress(SPECS[0], done, 10)
        progress.on_record(record(SPECS[0]))
    first, second, ended = text_of(output).splitlines()
    assert first == "0 of 2 runs done: 20 %, about 4 min left"
    assert second == "0 of 2 runs done: 40 %, about 3 min left"
    assert ended == "[1/2] plain, seed 1: accuracy on movie 0.750, 12 s (about 2 min left)"


def test_work_of_unknown_size_says_what_it_is_at() -> None:
    output, now = console(False), [0.0]
    with Work(output, "loading", clock=lambda: now[0]) as work:
        now[0] += EVERY
        work.advance("plain: ranks")
    assert text_of(output) == "plain: ranks\n"


def test_a_record_in_one_line() -> None:
    spec = make_spec(4, "lnsr:std=0.1")
    assert describe_record(record(spec)) == "lnsr:std=0.1, seed 4: accuracy on movie 0.750, 12 s"
    crashed = make_test_record(spec, "failed")
    assert describe_record(crashed) == "lnsr:std=0.1, seed 4: failed: a reason"
    undefined = record(spec).changed(task=TASK | {"metric": "f1"})
    assert "f1 on movie undefined" in describe_record(undefined)


@pytest.mark.parametrize(
    ("elapsed", "done", "total", "words"),
    [
        (10.0, 0, 10, None),
        (10.0, 10, 10, None),
        (10.0, 5, 10, "about 10 s"),
        (60.0, 1, 11, "about 10 min"),
    ],
)
def test_time_left(elapsed: float, done: int, total: int, words: str | None) -> None:
    assert time_left(elapsed, done, total) == words


@pytest.mark.parametrize("terminal", [False, True])
def test_what_a_run_says_cannot_steer_the_terminal(terminal: bool) -> None:
    output = console(terminal)
    with StudyProgress(output, runs=1) as progress:
        odd = record(SPECS[0], "failed").changed(reason="x\x1b]0;pwn\x07", method="\x9bplain")
        progress.on_record(odd)
    assert "x ]0;pwn" in text_of(output)
    assert not [mark for mark in ("\x1b]", "\x07", "\x9b") if mark in text_of(output)]
