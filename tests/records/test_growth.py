"""What comes later leaves older records valid: fields at neutral values, and new defaults."""

from __future__ import annotations

import dataclasses
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from steadytune.method_text import format_method, method_identity
from steadytune.methods import Mixout
from steadytune.records import spec as spec_module
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.read_record import parse_record, parse_tolerantly
from steadytune.records.spec import key_of, spec_hash_of
from tests.run_records import make_spec, make_test_record

EVIDENCE = sorted((Path(__file__).parents[2] / "docs" / "evidence").rglob("runs.jsonl.xz"))


@pytest.mark.parametrize("path", EVIDENCE, ids=lambda path: path.parent.name)
def test_a_committed_record_is_written_as_it_was_read(path: Path) -> None:
    for line in lzma.decompress(path.read_bytes()).splitlines(keepends=True):
        record = parse_record(line)
        text = json.dumps(record.content(), separators=(",", ":"))
        assert f"{text}\n".encode() == line
        assert parse_tolerantly(line).key == record.key


def test_a_new_field_at_its_neutral_value_leaves_records_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = json.dumps(make_test_record(make_spec()).content()).encode()
    before = parse_record(line)
    known = {**spec_module.neutral_values(), "averaging": "none"}
    monkeypatch.setattr(spec_module, "neutral_values", lambda: known)
    record = parse_record(line)
    assert (record.spec_hash, record.key) == (before.spec_hash, before.key)
    fields = record.spec.fields
    assert fields["averaging"] == "none"
    assert spec_hash_of(fields) == before.spec_hash
    assert spec_hash_of({**fields, "averaging": "mean"}) != before.spec_hash
    assert parse_record(json.dumps(record.content()).encode()).key == before.key


def test_a_new_default_renews_the_label_of_a_method_and_not_its_run(tmp_path: Path) -> None:
    then = make_spec(method="mixout", method_options="(Mixout(p=0.9),) Mixout v1")
    now = dataclasses.replace(then, method="mixout:p=0.9")
    assert then.hash != now.hash and then.key == now.key
    other = dataclasses.replace(then, method_options="(Mixout(p=0.5),) Mixout v1")
    ledger = Ledger(tmp_path)
    ledger.add(Outcome(make_test_record(then)))
    assert ledger.finished() == {now.key}
    assert ledger.stale([now]) == []
    assert [stale.differs for stale in ledger.stale([other])] == [("method_options",)]


@pytest.mark.parametrize(
    "one", ["mine.a:Method:rate=3", "lnsr+mine.a:Method", "every(mine.a:M):n=2"]
)
def test_classes_of_other_modules_are_other_runs(one: str) -> None:
    spec = make_spec(method=one, method_options="(Method(rate=3),)")
    other = dataclasses.replace(spec, method=one.replace("mine.a", "mine.b"))
    assert spec.key != other.key
    assert key_of(spec.as_dict()) == spec.key


def test_an_option_at_its_neutral_value_is_no_part_of_what_a_method_is() -> None:
    @dataclasses.dataclass(frozen=True)
    class Grown(Mixout):
        added: Any = dataclasses.field(default="new", metadata={"neutral": None})

    Grown.__name__ = Grown.__qualname__ = "Mixout"
    assert method_identity([Grown(p=0.3, added=None)]) == method_identity([Mixout(p=0.3)])
    assert "added='new'" in method_identity([Grown(p=0.3)])
    assert "added" not in format_method([Grown(p=0.3)])
