"""Records for tests, made without training."""

from __future__ import annotations

from typing import Any

from steadytune.finetune.model_record import ModelRecord, model_record
from steadytune.records.record import Record, make_record
from steadytune.records.spec import RunSpec
from steadytune.records.which import FINISHED

TASK = {"name": "toy", "metric": "accuracy", "in_domain": "movie"}


def make_spec(seed: int = 1, method: str = "plain", **settings: Any) -> RunSpec:
    return RunSpec(task="toy", method=method, seed=seed, **settings)


def make_test_record(spec: RunSpec, status: Any = "ok", **parts: Any) -> Record:
    reason = None if status == "ok" else "a reason"
    task = TASK if status in FINISHED else None
    parts = {"results": {"movie": {"accuracy": 0.75, "f1": None}}, "task": task, **parts}
    return make_record(spec, status, reason, started="2026-01-01T00:00:00+00:00", parts=parts)


def make_model_record(spec: RunSpec | None = None, **parts: Any) -> ModelRecord:
    content = make_test_record(spec or make_spec()).content()
    given = {"columns": ["text"], "label_names": ["no", "yes"], "max_length": 32, "stride": 16}
    own = {"input": given, "command": "", "plan_hash": "abc"}
    return model_record({**content, **own, **parts})
