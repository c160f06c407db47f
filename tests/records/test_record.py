"""Records: what is always there, what describes the task, and exceptions in one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from steadytune.records.record import make_record, now, one_line
from steadytune.records.which import FINISHED
from steadytune.runs.task_part import describe_task
from tests.run_records import make_spec
from tests.toy_task import load_toy

DOCUMENTED = (
    *("version", "spec", "spec_hash", "status", "reason", "task", "results", "history", "profile"),
    *("seconds", "cost", "environment", "started", "finished"),
)


def test_a_record_has_every_key_of_the_format_and_is_json() -> None:
    spec = make_spec(7, settings={"adam_beta2": 0.98})
    record = make_record(spec, "failed", "out of luck", started=now())
    assert sorted(record.content()) == sorted(DOCUMENTED)
    assert record.spec_hash == spec.hash
    assert (record.status, record.reason, record.task) == ("failed", "out of luck", None)
    text = json.dumps(record.content(), allow_nan=False)
    assert make_spec(**{k: v for k, v in json.loads(text)["spec"].items() if k != "task"}) == spec


def test_parts_fill_it_but_do_not_move_its_times() -> None:
    started = "2026-01-01T00:00:00+00:00"
    parts = {"results": {"movie": {"accuracy": 0.5}}, "arm": {"name": "lnsr"}, "finished": "never"}
    record = make_record(make_spec(), "failed", "a reason", started=started, parts=parts)
    assert record.results == parts["results"] and record.method == "lnsr"
    assert record.started == started
    assert datetime.fromisoformat(record.finished or "").tzinfo == UTC


def test_only_results_that_would_come_again_are_finished() -> None:
    assert set(FINISHED) == {"ok", "diverged"}


def test_the_task_is_described_by_what_readers_need() -> None:
    described = describe_task(load_toy().sample(24, 0, 20, 8))
    assert described["metric"] == "accuracy" and described["kind"] == "classification"
    assert (described["in_domain"], described["out_of_domain"]) == ("movie", ["product"])
    assert described["sizes"] == {"train": 24, "dev": 8, "movie": 20, "product": 20}
    assert set(described["constant"]) == set(described["sizes"])
    assert all(0.3 <= score <= 1 for score in described["constant"].values())
    json.dumps(described, allow_nan=False)


def test_an_exception_is_one_line_with_its_place() -> None:
    try:
        raise ValueError("first\n  second")
    except ValueError as error:
        assert one_line(error).startswith("ValueError: first second (test_record.py:")
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        assert one_line(error).startswith("KeyboardInterrupt (test_record.py:")
    assert one_line(MemoryError()) == "MemoryError"
