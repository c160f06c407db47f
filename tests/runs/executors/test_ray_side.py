"""What a Ray worker does with an order, without Ray."""

from __future__ import annotations

import pickle
from typing import Any

from steadytune.records.outcome import Outcome
from steadytune.records.spec import RunSpec
from steadytune.runs.executors import Progress
from steadytune.runs.executors._ray_side import Order, fulfil, versions

from .runs import SPECS, quick

EVENTS: list[str] = []


class SlowToRead:
    """A run whose reading takes long, as importing torch does."""

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        EVENTS.append("run")
        return quick(spec, progress)

    def __reduce__(self) -> Any:
        return read_slowly, ()


def read_slowly() -> SlowToRead:
    EVENTS.append("read")
    return SlowToRead()


def test_a_run_begins_once_it_is_read() -> None:
    EVENTS.clear()
    order = Order("key", pickle.dumps(SPECS[0]), versions(), None)
    kind, _ = fulfil(order, pickle.dumps(SlowToRead()), lambda key, done, total: note(done))
    assert kind == "outcome"
    assert EVENTS[:3] == ["read", "begun", "run"]


def note(done: int) -> None:
    if done == 0:
        EVENTS.append("begun")
