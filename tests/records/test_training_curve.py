"""Training losses from logs."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steadytune.records.schema import Record
from steadytune.records.training_curve import MOST_POINTS
from tests.reporting.fabricated import record, run_of


def curve(history: Any) -> tuple[tuple[float, float], ...]:
    return run_of(record(history=history)).curve


def test_entries_with_step_and_loss_are_kept() -> None:
    log = [{"step": 1, "loss": 0.5, "epoch": 0.1}, {"step": 2, "eval_loss": 1.0}, {"loss": 3.0}]
    assert curve(log) == ((1.0, 0.5),)


def test_what_is_not_finite_is_left_out() -> None:
    log = [{"step": s, "loss": v} for s, v in ((1, 0.5), (2, math.nan), (3, math.inf), (4, None))]
    assert curve(log) == ((1.0, 0.5),)


def test_long_logs_are_thinned_and_keep_their_end() -> None:
    found = curve([{"step": s, "loss": 1 / (s + 1)} for s in range(5000)])
    assert MOST_POINTS / 2 < len(found) <= MOST_POINTS
    assert found[-1] == (4999.0, 1 / 5000)
    assert list(found) == sorted(found)


def test_a_dumped_record_gives_the_same_curve() -> None:
    made = Record.model_validate(record()).model_dump()
    assert run_of(made).curve == run_of(record()).curve != ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["step", "loss"]), inner),
    )
)
def test_no_log_costs_the_run(history: Any) -> None:
    assert all(math.isfinite(v) for point in curve(history) for v in point)
