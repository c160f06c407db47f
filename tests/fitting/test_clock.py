"""The clock of a fit: seconds add up over calls, and what was decided is read again."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from steadytune.fitting.clock import Clock
from steadytune.fitting.cost import Timing
from steadytune.fitting.plan import FLOOR, RATES, STEADY, Plan

TIMING = Timing(step=0.1, example=0.005, run=1.0, at_a_time=2)
PLAN = Plan(3, 2, 1, 5, 5)


def clock(folder: Path) -> Clock:
    """Every look at it is a second later."""
    seconds = count()
    return Clock(folder / "clock.json", lambda: float(next(seconds)))


def test_a_part_that_was_stopped_keeps_the_seconds_of_what_ended(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), clock(tmp_path).running(RATES) as tick:
        tick()
        tick()
        raise KeyboardInterrupt
    assert clock(tmp_path).seconds == {RATES: 2.0}
    with clock(tmp_path).running(RATES):
        pass
    with clock(tmp_path).running(STEADY):
        pass
    assert clock(tmp_path).seconds == {RATES: 3.0, STEADY: 1.0}


def test_a_part_of_which_nothing_is_kept_is_timed_afresh(tmp_path: Path) -> None:
    for _ in range(3):
        with clock(tmp_path).running(FLOOR, afresh=True):
            pass
    assert clock(tmp_path).seconds == {FLOOR: 1.0}


def test_the_timing_is_measured_once(tmp_path: Path) -> None:
    assert clock(tmp_path).timing(lambda: TIMING) == TIMING
    assert clock(tmp_path).timing(lambda: pytest.fail("measured again")) == TIMING
    assert list(clock(tmp_path).seconds) == ["timing"]


def test_a_fit_that_goes_on_reads_what_was_decided(tmp_path: Path) -> None:
    assert clock(tmp_path).plan(STEADY, lambda: PLAN) == PLAN
    assert clock(tmp_path).plan(STEADY, lambda: pytest.fail("decided anew")) == PLAN
    other = Plan(2, 1, 0, 2, 3)
    assert clock(tmp_path).plan(RATES, lambda: other) == other


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"plans": 1}', '{"plans": {"stabilisers": {"x": 1}}}']
)
def test_a_damaged_file_is_decided_anew(tmp_path: Path, text: str) -> None:
    assert not clock(tmp_path).damaged
    (tmp_path / "clock.json").write_text(text)
    assert clock(tmp_path).damaged == (text in ("{", "[]"))
    assert clock(tmp_path).plan(STEADY, lambda: PLAN) == PLAN
    assert clock(tmp_path).plan(STEADY, lambda: pytest.fail("decided anew")) == PLAN
