"""Packing: no record is lost, the better one of a run counts, nothing is written on bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune._exceptions import DataError
from steadytune.records.ledger import Ledger, file_name
from steadytune.records.outcome import Outcome
from steadytune.records.pack import pack_studies
from steadytune.records.packed import PACKED_FILE, pack_records
from steadytune.records.record import Record
from tests.run_records import make_spec, make_test_record


def add(folder: Path, *records: Record) -> Path:
    for record in records:
        Ledger(folder).add(Outcome(record))
    return folder


def made(*seeds: int, **parts: Any) -> list[Record]:
    finished = "2026-01-01T00:01:00+00:00"
    return [make_test_record(make_spec(s), **parts).changed(finished=finished) for s in seeds]


def seeds(folder: Path) -> list[int]:
    return [record.spec.seed for record in Ledger(folder).packed()]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_records_of_several_folders_come_together(tmp_path: Path) -> None:
    first = add(tmp_path / "first", *made(2, 1))
    second = add(tmp_path / "second", *made(1, 3, status="failed"))
    before = files(first), files(second)
    packed = pack_studies([first, second], tmp_path / "deep" / "target")
    (file,) = packed.files
    assert file.path == tmp_path / "deep" / "target" / PACKED_FILE
    assert (file.records, file.size) == (3, file.path.stat().st_size)
    assert (packed.predictions, packed.left_there, packed.left_out) == (None, (), ())
    records = Ledger(tmp_path / "deep" / "target").read().records
    assert sorted(records, key=str) == sorted([*made(2, 1), *made(3, status="failed")], key=str)
    assert (files(first), files(second)) == before


def test_cancelled_runs_of_the_targets_own_file_stay(tmp_path: Path) -> None:
    target, source = tmp_path / "target", add(tmp_path / "source", *made(3))
    target.mkdir()
    own = [*made(1), *made(2, status="cancelled")]
    (target / PACKED_FILE).write_bytes(pack_records((file_name(r), r.content()) for r in own))
    pack_studies([source], target)
    assert sorted(seeds(target)) == [1, 2, 3]


def test_the_record_that_finished_last_counts_before_and_after_packing(tmp_path: Path) -> None:
    early, late = (
        add(
            tmp_path / month,
            *(r.changed(finished=f"2026-{month}-01T00:00:00+00:00") for r in made(1)),
        )
        for month in ("01", "06")
    )
    for _ in range(2):
        pack_studies([late], early)
        [record] = Ledger(early).read().records
        assert record.finished == "2026-06-01T00:00:00+00:00"
        assert Ledger(early).packed() == [record]
        pack_studies([early], early)


def test_what_the_target_has_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    pack_studies([add(tmp_path / "first", *made(1, 2))], target)
    add(target, *made(3))
    pack_studies([add(tmp_path / "second", *made(1, 2, status="failed"), *made(4))], target)
    assert seeds(target) == [1, 2, 3, 4]
    assert Ledger(target).finished() == {make_spec(seed).hash for seed in (1, 2, 3, 4)}


def test_a_record_that_a_packed_file_may_not_hold_is_named_and_left_out(tmp_path: Path) -> None:
    source, target = add(tmp_path / "source", *made(1)), tmp_path / "target"
    odd = {**made(2)[0].content(), "spec_hash": "0123ABCD"}
    (source / "runs" / "plain-seed2-0123ABCD.json").write_text(json.dumps(odd))
    packed = pack_studies([source], target)
    assert "0123ABCD" in packed.left_out[0] and "sixteen hexadecimal digits" in packed.left_out[0]
    assert seeds(target) == [1]


def test_choices_that_are_no_json_are_named_and_nothing_is_half_written(tmp_path: Path) -> None:
    source, target = add(tmp_path / "source", *made(1)), tmp_path / "target"
    (source / "tuning.json").write_text('[{"task": "toy", "method": "plain", "score": NaN}]')
    packed = pack_studies([source], target)
    assert "tuning.json: expected value at line 1 column" in packed.left_out[0]
    assert sorted(files(target)) == [PACKED_FILE]


def test_packing_again_changes_no_byte(tmp_path: Path) -> None:
    source, target = add(tmp_path / "source", *made(*range(5))), tmp_path / "target"
    pack_studies([source], target)
    before = files(target)
    pack_studies([source], target)
    pack_studies([target], target)
    pack_studies([target], tmp_path / "other")
    assert files(target) == files(tmp_path / "other") == before


def test_a_folder_can_be_packed_where_it_is(tmp_path: Path) -> None:
    add(tmp_path, *made(1, 2))
    for path in (tmp_path / "runs", pack_studies([tmp_path], tmp_path).files[0].path):
        assert path.exists()
    assert len(Ledger(tmp_path).read().records) == 2
    for path in (tmp_path / "runs").iterdir():
        path.unlink()
    assert Ledger(tmp_path).read().records == made(1, 2)


@pytest.mark.parametrize(
    ("one", "other", "counts"),
    [
        (("failed", "2"), ("ok", "1"), ("ok", "1")),
        (("ok", "1"), ("ok", "2"), ("ok", "2")),
        (("ok", "1"), ("failed", "2"), ("ok", "1")),
        (("failed", "1"), ("failed", "2"), ("failed", "2")),
    ],
)
def test_of_two_records_of_a_run_the_better_one_counts(
    tmp_path: Path, one: tuple[str, str], other: tuple[str, str], counts: tuple[str, str]
) -> None:
    for name, (status, when) in {"one": one, "other": other}.items():
        add(tmp_path / name, make_test_record(make_spec(), status).changed(finished=when))
    pack_studies([tmp_path / "one", tmp_path / "other"], tmp_path / "target")
    (record,) = Ledger(tmp_path / "target").packed()
    assert (record.status, record.finished) == counts


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    source = add(tmp_path / "source", *made(1), *made(2, 3, status="cancelled"))
    (source / "runs" / "odd.json").write_text("{")
    packed = pack_studies([source], tmp_path / "target")
    assert seeds(tmp_path / "target") == [1]
    corrupt, cancelled = packed.left_out
    assert corrupt.startswith(f"{source / 'runs' / 'odd.json'}: EOF while parsing")
    assert cancelled == f"{source}: 2 cancelled runs"


def test_predictions_stay(tmp_path: Path) -> None:
    source = add(tmp_path / "source", *made(1))
    Ledger(source).add(Outcome(made(2)[0], {"movie": {"logits": np.zeros((2, 2), np.float32)}}))
    other = add(tmp_path / "other", *made(3))
    assert pack_studies([source, other, source], tmp_path / "target").left_there == (source,)
    assert sorted(files(tmp_path / "target")) == [PACKED_FILE]


def test_the_search_and_the_note_come_along(tmp_path: Path) -> None:
    first, second = add(tmp_path / "a", *made(1)), add(tmp_path / "b", *made(2))
    add(first / "tuning", *made(101))
    add(second / "tuning", *made(102))
    entry = {"task": "toy", "method": "plain", "chosen": {"epochs": 1.0}}
    (first / "tuning.json").write_text(json.dumps([entry]))
    later = {**entry, "chosen": {"epochs": 2.0}}
    (second / "tuning.json").write_text(json.dumps([{**entry, "task": "other"}, later]))
    (second / "study.json").write_text('{"title": "b"}')
    target = tmp_path / "target"
    packed = pack_studies([first, second], target)
    assert [file.records for file in packed.files] == [2, 2]
    assert packed.files[1].path == target / "tuning" / PACKED_FILE
    assert seeds(target / "tuning") == [101, 102]
    assert json.loads((target / "tuning.json").read_text()) == [later, {**entry, "task": "other"}]
    assert (target / "study.json").read_text() == '{"title": "b"}'
    (first / "study.json").write_text('{"title": "a"}')
    pack_studies([first], target)
    assert (target / "study.json").read_text() == '{"title": "b"}'


def test_a_search_alone_can_be_packed(tmp_path: Path) -> None:
    add(tmp_path / "source" / "tuning", *made(101))
    pack_studies([tmp_path / "source"], tmp_path / "target")
    assert list(files(tmp_path / "target")) == [f"tuning/{PACKED_FILE}"]


def test_bad_input_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    good = add(tmp_path / "good", *made(1))
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    cancelled = add(tmp_path / "cancelled", *made(1, 2, status="cancelled"))
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / PACKED_FILE).write_bytes(b"no archive")
    odd = add(tmp_path / "odd", *made(1))
    (odd / "tuning.json").write_text("{}")
    before = files(tmp_path)
    target = tmp_path / "target"
    cases: list[tuple[list[Path], Path, type[Exception], str]] = [
        ([good, tmp_path / "none"], target, DataError, "none is not a folder"),
        ([tmp_path / "file"], target, DataError, "file is not a folder"),
        ([good, tmp_path / "empty"], target, DataError, "empty has no records"),
        ([cancelled], target, DataError, "no records to pack.*2 cancelled runs"),
        ([good, damaged], target, DataError, "damaged.runs.jsonl.xz cannot be read: damaged"),
        ([good], damaged, DataError, "damaged.runs.jsonl.xz cannot be read: damaged"),
        ([good], odd, DataError, "tuning.json has no choices"),
        ([good], tmp_path / "file", ConfigError, "file is a file: expected a folder"),
        ([good], tmp_path / "file" / "x", ConfigError, "cannot write to .*file.x"),
    ]
    for sources, where, kind, text in cases:
        with pytest.raises(kind, match=text) as caught:
            pack_studies(sources, where)
        assert "\n" not in str(caught.value)
    assert files(tmp_path) == before
    assert not target.exists()


def test_choices_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    source = add(tmp_path / "source", *made(1))
    (source / "tuning.json").write_text("{}")
    packed = pack_studies([source], tmp_path / "target")
    assert packed.left_out == (f"{source / 'tuning.json'}: expected a list of objects",)
    assert list(files(tmp_path / "target")) == [PACKED_FILE]
