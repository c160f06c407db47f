"""Records of packed files: the same checks as for files, and a name that leads nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune.records.read_record import parse_record
from tests.run_records import make_spec, make_test_record


def test_a_line_is_the_record() -> None:
    record = make_test_record(make_spec(3))
    assert parse_record(json.dumps(record.content()).encode()) == record


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "version: Input should be 1"),
        ({"spec_hash": "../0123456789abc"}, "sixteen hexadecimal digits"),
        ({"spec": {"method": "plain"}}, "spec.task: Field required"),
        ({"spec": {"task": "toy", "method": "plain", "seed": 2**70}}, "spec.seed"),
        ({"status": ["ok"]}, "status: Input should be"),
        ({"task": None}, "task is missing from a run that is ok"),
        ({"cost": [1]}, "cost: Input should be a valid dictionary"),
    ],
)
def test_what_is_no_record_is_told(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_record(json.dumps({**make_test_record(make_spec()).content(), **change}).encode())


@given(st.binary(max_size=60))
def test_any_line_is_a_record_or_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        parse_record(line)
