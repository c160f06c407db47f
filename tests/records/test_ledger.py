"""The ledger: whole records or none, corrupt ones named and set aside, bad folders refused."""

from __future__ import annotations

import json
import lzma
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune import ConfigError
from steadytune._exceptions import DataError
from steadytune.records.ledger import Ledger, file_name
from steadytune.records.outcome import Outcome
from steadytune.records.packed import PACKED_FILE, pack_records
from steadytune.records.prediction_file import read_predictions
from steadytune.records.read_record import read_record
from steadytune.records.spec import spec_hash_of
from tests.run_records import make_spec, make_test_record


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "study")


def test_what_is_added_is_read(ledger: Ledger) -> None:
    records = [make_test_record(make_spec(seed)) for seed in (1, 2)]
    for record in records:
        ledger.add(Outcome(record))
    assert ledger.read().records == records
    assert ledger.read().corrupt == {}


def test_an_empty_or_missing_folder_holds_nothing(ledger: Ledger) -> None:
    assert ledger.read().records == []
    assert not ledger.has("0" * 16)


def test_only_changed_files_are_read_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A study reads its ledger several times, and may have very many records."""
    seen: list[str] = []
    monkeypatch.setattr(
        "steadytune.records.ledger.read_record",
        lambda path: seen.append(path.name) or read_record(path),
    )
    first, *others = [make_test_record(make_spec(seed), "failed") for seed in (1, 2, 3)]
    for record in (first, *others):
        ledger.rewrite(record)
    before = ledger.read()
    assert len(seen) == 3
    again = make_test_record(make_spec(1))
    (ledger.runs / file_name(others[0])).unlink()
    ledger.rewrite(again)
    (ledger.runs / "unlike.json").write_text("{")
    for _ in range(2):
        after = ledger.read()
        assert after.records == [again, others[1]] != before.records
        assert list(after.corrupt) == ["unlike.json"]
    assert seen[3:] == [file_name(again), "unlike.json", "unlike.json"]


def test_only_finished_runs_count_as_there(ledger: Ledger) -> None:
    status_by_seed = {1: "ok", 2: "diverged", 3: "failed", 4: "cancelled"}
    for seed, status in status_by_seed.items():
        ledger.add(Outcome(make_test_record(make_spec(seed), status)))
    there = {seed for seed in status_by_seed if ledger.has(make_spec(seed).hash)}
    assert there == {1, 2}
    assert ledger.finished() == {make_spec(seed).hash for seed in there}


def test_a_record_replaces_the_older_one_of_its_run(ledger: Ledger) -> None:
    ledger.add(Outcome(make_test_record(make_spec(), "failed")))
    ledger.add(Outcome(make_test_record(make_spec())))
    assert [record.status for record in ledger.read().records] == ["ok"]


def test_a_run_without_a_result_does_not_replace_one_that_has_it(ledger: Ledger) -> None:
    predictions = {"movie": {"logits": np.zeros((2, 2), np.float32)}}
    finished = make_test_record(make_spec())
    ledger.add(Outcome(finished, predictions))
    ledger.add(Outcome(make_test_record(make_spec(), "failed")))
    assert ledger.read().records == [finished]
    assert ledger.predictions_of(finished).exists()


def test_names_tell_method_seed_and_hash() -> None:
    spec = make_spec(7, "my.package:Method(lnsr:targets=(1,2)):word='a/b'")
    name = file_name(make_test_record(spec))
    assert name.endswith(f"-seed7-{spec.hash}.json")
    assert name.startswith("my.package_Method_lnsr_targets=_1_2")
    assert "/" not in name


@given(st.text(min_size=1, max_size=200))
def test_no_method_text_leads_out_of_the_folder(method: str) -> None:
    name = file_name(make_test_record(make_spec(method=method)))
    assert os.path.basename(name) == name
    assert len(name) < 120


def test_an_interrupted_write_leaves_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ledger.add(Outcome(make_test_record(make_spec())))
    assert list(ledger.runs.iterdir()) == []


def test_a_number_that_json_lacks_is_not_written(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="JSON"):
        ledger.add(
            Outcome(make_test_record(make_spec(), results={"movie": {"loss": float("nan")}}))
        )
    assert not ledger.folder.exists()


def test_a_record_can_be_read_by_whom_the_user_lets(ledger: Ledger) -> None:
    before = os.umask(0o022)
    try:
        assert ledger.add(Outcome(make_test_record(make_spec()))).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)


def test_many_writers_do_not_disturb_each_other(ledger: Ledger) -> None:
    records = [make_test_record(make_spec(seed % 5)) for seed in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ledger.add, map(Outcome, records)))
    assert len(ledger.read().records) == 5
    assert len(list(ledger.runs.iterdir())) == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "EOF while parsing"),
        ('{"version": 1', "EOF while parsing"),
        ("[1]", "JSON object"),
        ('{"version": 99}', "version: Input should be 1"),
        ('{"version": 1, "spec": 3}', "spec: Input should be a valid dictionary"),
        (
            '{"version": 1, "spec": {"task": "t", "method": "m", "seed": 1}}',
            "status: Field required",
        ),
        (
            '{"version": 1, "spec": {"task": "t", "method": "m", "seed": 1}, "status": "failed", '
            f'"spec_hash": "{spec_hash_of(dict(task="t", method="m", seed=1))}"}}',
            "does not fit the file's name",
        ),
        (
            '{"version": 1, "spec": {"task": "t", "method": "plain", "seed": "../.."}, '
            '"spec_hash": "0123456789abcdef", "status": "failed"}',
            "spec.seed: Input should be a valid integer",
        ),
        (
            '{"version": 1, "spec": {"task": "t", "method": "plain", "seed": 1}, '
            '"spec_hash": "0123456789abcdef", "status": "failed"}',
            "it was changed by hand",
        ),
        ("[" * 100_000, "recursion"),
        ("\udcff", "expected value at line"),
    ],
)
def test_corrupt_files_are_named_and_set_aside(ledger: Ledger, text: str, reason: str) -> None:
    ledger.add(Outcome(make_test_record(make_spec())))
    bad = ledger.runs / "plain-seed2-0123456789abcdef.json"
    bad.write_bytes(text.encode("utf-8", "surrogateescape"))
    contents = ledger.read()
    assert len(contents.records) == 1
    assert list(contents.corrupt) == [bad.name]
    assert reason in contents.corrupt[bad.name]
    assert not ledger.has("0123456789abcdef")
    first = bad.with_name(f"{bad.name}.corrupt")
    [line] = ledger.set_corrupt_aside()
    assert line.startswith(f"{bad.name} is not a record (") and line.endswith(
        f"): set aside as {first.name}"
    )
    assert ledger.read().corrupt == {} and first.is_file()
    bad.write_text("another")
    [line] = ledger.set_corrupt_aside()
    assert line.endswith(f"as {first.name}1") and first.read_bytes() != b"another"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["version", "spec", "spec_hash", "status", "results"]), inner
            )
        ),
        max_leaves=8,
    )
)
def test_any_json_is_a_record_or_a_value_error(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "plain-seed1-0123456789abcdef.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ValueError):
        read_record(path)


def test_a_writable_folder_is_left_empty(ledger: Ledger) -> None:
    ledger.require_writable()
    assert list(ledger.runs.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"cannot write to .*file.*`out`"):
        Ledger(tmp_path / "file" / "study").require_writable()
    with pytest.raises(ConfigError, match="cannot write"):
        Ledger(tmp_path / "file").require_writable()


PREDICTIONS = {
    "movie": {"logits": np.array([[0.1, 0.9], [2.0, -1.0]], np.float32), "idx": np.arange(2)},
    "a/b c": {"text": np.array(["", "Zürich"]), "score": np.array([0.5, np.nan])},
}


def test_predictions_lie_beside_the_record_and_come_back(ledger: Ledger) -> None:
    path = ledger.add(Outcome(make_test_record(make_spec(method="lnsr:std=0.05")), PREDICTIONS))
    [beside] = (ledger.folder / "predictions").iterdir()
    assert (beside.stem, beside.suffix) == (path.stem, ".npz")
    assert beside == ledger.predictions_of(read_record(path))
    np.testing.assert_equal(read_predictions(beside), PREDICTIONS)


def test_a_finished_record_always_has_its_predictions(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process may be killed before, between and after the two renamings."""
    outcome = Outcome(make_test_record(make_spec()), PREDICTIONS)
    beside, replace, seen = ledger.predictions_of(outcome.record), os.replace, []

    def watched(source: Path, target: Path) -> None:
        seen.append((target.suffix, beside.exists(), ledger.has(make_spec().hash)))
        replace(source, target)

    monkeypatch.setattr("os.replace", watched)
    ledger.add(outcome)
    assert seen == [(".npz", False, False), (".json", True, False)]
    ledger.add(Outcome(make_test_record(make_spec(), "failed")))
    assert beside.exists() and ledger.has(make_spec().hash)
    ledger.add(Outcome(make_test_record(make_spec(), "diverged")))
    assert not beside.exists()


def test_records_of_other_data_or_models_are_named(ledger: Ledger) -> None:
    planned = make_spec(1, data_hash="new", model_hash="m", epochs=2.0, settings={"b": [1], "a": 2})
    older = replace(planned, data_hash="old")
    both = replace(planned, data_hash="old", method_options="other")
    others = [replace(planned, epochs=3.0, data_hash="old"), make_spec(2, data_hash="old")]
    for spec in (planned, older, both, *others):
        ledger.add(Outcome(make_test_record(spec)))
    stale = ledger.stale([planned])
    assert {s.record.spec_hash: s.differs for s in stale} == {
        older.hash: ("data_hash",),
        both.hash: ("data_hash", "method_options"),
    }
    assert {s.spec.hash for s in stale} == {planned.hash}
    assert ledger.stale([planned, older, both]) == []


def test_records_of_other_unlabelled_texts_are_named(ledger: Ledger) -> None:
    older = replace(make_spec(1), unlabelled="a.txt", unlabelled_hash="old")
    ledger.add(Outcome(make_test_record(older)))
    (stale,) = ledger.stale([replace(older, unlabelled_hash="new")])
    assert stale.differs == ("unlabelled_hash",)


def pack(ledger: Ledger, *records: Any) -> Path:
    ledger.folder.mkdir(exist_ok=True)
    path = ledger.folder / PACKED_FILE
    path.write_bytes(pack_records((file_name(record), record.content()) for record in records))
    return path


def test_packed_records_count_like_others(ledger: Ledger) -> None:
    made = [make_test_record(make_spec(seed)) for seed in (1, 2, 3)]
    failed = make_test_record(make_spec(4), "failed")
    pack(ledger, made[0], made[2], failed)
    ledger.add(Outcome(made[1]))
    assert ledger.read().records == [*made, failed]
    assert ledger.finished() == {record.spec_hash for record in made}
    assert [ledger.has(make_spec(seed).hash) for seed in (1, 2, 3, 4, 5)] == [True] * 3 + [
        False
    ] * 2
    newer = replace(make_spec(1), data_hash="new")
    assert [stale.record for stale in ledger.stale([newer])] == [made[0]]


@pytest.mark.parametrize(
    ("packed", "single", "counts"),
    [
        ("ok", "diverged", "diverged"),
        ("ok", "failed", "ok"),
        ("diverged", "cancelled", "diverged"),
        ("failed", "ok", "ok"),
        ("failed", "cancelled", "failed"),
    ],
)
def test_of_a_run_that_is_packed_too_the_one_with_a_result_counts(
    ledger: Ledger, packed: str, single: str, counts: str
) -> None:
    earlier = make_test_record(make_spec(), packed)
    ledger.add(Outcome(make_test_record(make_spec(), single)))
    pack(ledger, earlier)
    assert [record.status for record in ledger.read().records] == [counts]


def test_a_run_without_a_result_is_not_written_beside_a_packed_one(ledger: Ledger) -> None:
    pack(ledger, make_test_record(make_spec()))
    ledger.add(Outcome(make_test_record(make_spec(), "failed")))
    assert list(ledger.runs.iterdir()) == []


def test_a_packed_file_is_read_again_when_it_changes(ledger: Ledger) -> None:
    pack(ledger, make_test_record(make_spec(1)))
    assert len(ledger.finished()) == 1
    pack(ledger, make_test_record(make_spec(1)), make_test_record(make_spec(2))).touch()
    assert len(ledger.finished()) == 2


def test_a_damaged_packed_file_is_an_error_and_stays(ledger: Ledger) -> None:
    path = pack(ledger, make_test_record(make_spec()))
    whole = path.read_bytes()
    for content, reason in [
        (b"", "ends too early"),
        (whole[:-9], "ends too early"),
        (lzma.compress(lzma.decompress(whole) + b"{}\n[]\n"), r"line 2 \(and 1 more\) has no"),
    ]:
        path.write_bytes(content)
        for read in (ledger.read, ledger.finished, lambda: ledger.has("0" * 16)):
            with pytest.raises(DataError, match=reason) as caught:
                read()
            assert str(path) in str(caught.value) and "\n" not in str(caught.value)
        assert path.read_bytes() == content
