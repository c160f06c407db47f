"""Records for tests, made without training."""

from __future__ import annotations

from typing import Any

from steadytune.records.record import Record, make_record
from steadytune.records.spec import RunSpec


def make_spec(seed: int = 1, method: str = "plain", **settings: Any) -> RunSpec:
    return RunSpec(task="toy", method=method, seed=seed, **settings)


def make_test_record(spec: RunSpec, status: Any = "ok", **parts: Any) -> Record:
    reason = None if status == "ok" else "a reason"
    parts = {"results": {"movie": {"accuracy": 0.75, "f1": None}}, **parts}
    return make_record(spec, status, reason, started="2026-01-01T00:00:00+00:00", parts=parts)
