"""The campaign itself: what it damages, compares and takes for a failure; and two minutes of it."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.faults.campaign import (
    Ended,
    Job,
    Tally,
    Whole,
    _judged,
    attempt,
    content_of,
    damage,
    let_end,
    one_round,
)


def test_every_damage_changes_one_file(tmp_path: Path) -> None:
    luck, kinds = random.Random(1), set()
    for _ in range(40):
        for name in ("a.json", "b.npz"):
            (tmp_path / name).write_bytes(b"some content")
        (tmp_path / ".steadytune.lock").touch()
        kind, _, name = damage(tmp_path, luck).partition(" ")
        kinds.add(kind)
        path = tmp_path / name
        assert not path.exists() or path.read_bytes() != b"some content"
    assert kinds == {"flip", "truncate", "empty", "delete"}


def test_a_file_that_is_spared_stays(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("1")
    assert damage(tmp_path, random.Random(1), "plan.json") == ""
    assert damage(tmp_path, random.Random(1)).endswith("plan.json")


def test_times_do_not_count_and_all_else_does(tmp_path: Path) -> None:
    def content(**more: object) -> dict[str, str]:
        np.savez(tmp_path / "p.npz", a=np.ones(2))
        (tmp_path / "r.json").write_text(
            json.dumps({"a": [{"seconds": more.pop("took", 1)}], **more})
        )
        return content_of(tmp_path)

    assert content(took=1) == content(took=2)
    assert content(b=1) != content(b=2)


def test_another_result_is_a_failure_and_a_right_one_is_none(tmp_path: Path) -> None:
    def write(out: Path) -> None:
        out.mkdir(exist_ok=True)
        (out / "a.json").write_text("[1]")

    for content, failures in (("[1]", 0), ("[2]", 1)):
        (tmp_path / "whole").mkdir(exist_ok=True)
        (tmp_path / "whole" / "a.json").write_text(content)
        whole, tally = Whole(content_of(tmp_path / "whole"), 0.001), Tally()
        one_round(Job("write", write), tmp_path / "out", whole, random.Random(1), tally)
        assert len(tally.failures) == failures, tally
        assert tally.ends.total() == 1 - failures


@pytest.mark.parametrize(
    ("path", "said", "end"),
    [
        ("model.safetensors", "trained from tiny/model and recorded", "another result in"),
        ("model.safetensors", "model.safetensors is not what was saved: ", "named"),
        ("runs/plain-s1-ab.json", "plain-s1-ab.json is not a record", "named"),
        ("predictions/plain-s1-ab.npz", "predictions of plain-s1-ab were left out", "named"),
        ("predictions/plain-s1-ab.npz", "predictions of plain-s2-cd were left out", "another"),
    ],
)
def test_after_damage_a_file_may_differ_only_if_it_is_named(
    path: str, said: str, end: str, tmp_path: Path
) -> None:
    out, ended = tmp_path / "out", Ended(0, False, said)
    (out / path).parent.mkdir(parents=True)
    (out / path).write_bytes(b"other")
    whole = Whole({path: "as it was"}, 0.0)
    assert _judged(ended, out, whole, said, ["flip x"]).startswith(end)
    assert _judged(ended, out, whole, said, []).startswith("another result in")


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda out: os._exit(3), "ended with exit 3 after .* said nothing"),
        (lambda out: time.sleep(60), "ended with SIGKILL after .* of 1 s"),
        (lambda out: 1 / 0, "ended with exit 1 .*ZeroDivisionError"),
    ],
    ids=["exit", "too_long", "error"],
)
def test_what_ends_badly_by_itself_says_how(
    act: Callable[[Path], object], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match=f"(?s)write was left alone and {expected}"):
        let_end(Job("write", act), tmp_path / "out", 1.0)


def test_a_command_is_interrupted_also_where_the_signal_was_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        job = Job("sleep", lambda out: time.sleep(30))
        ended = attempt(job, tmp_path / "out", 0.5, signal.SIGINT, 5.0)
    finally:
        signal.signal(signal.SIGINT, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    assert (ended.code, ended.was_killed) == (130, True)


@pytest.mark.exhaustive
@pytest.mark.alone
@pytest.mark.timeout(3600)
def test_nothing_is_lost_and_nothing_is_silent() -> None:
    """In a session of its own, so that none of its signals reaches the test runner."""
    script = Path(__file__).parents[2] / "scripts" / "torture"
    done = subprocess.run(
        [sys.executable, str(script), "--minutes", "2", "--seed", "1"],
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    said = f"{done.stdout[-5000:]}{done.stderr[-5000:]}"
    assert done.returncode == 0, said
    counts = re.search(r"(\d+) kills and (\d+) damages in (\d+) rounds, 0 failures", said)
    assert counts and all(map(int, counts.groups())), said
