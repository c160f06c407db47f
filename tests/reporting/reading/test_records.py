"""Reading records: what is good is returned, what is not is named, nothing crashes."""

from __future__ import annotations

import copy
import json
import lzma
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune._exceptions import DataError
from steadytune.records.packed import PACKED_FILE, pack_records, record_name
from steadytune.records.prediction_file import write_predictions
from steadytune.reporting import build_report, read_folder, render_html
from tests.reporting.fabricated import record, study, write

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def test_loads_what_was_written(tmp_path: Path) -> None:
    records = read_folder(write(tmp_path, study(2))).records
    assert [(r["spec"]["method"], r["spec"]["seed"]) for r in records] == [
        ("plain", 0),
        ("plain", 1),
        ("lnsr", 0),
        ("lnsr", 1),
    ]
    assert records[0]["results"]["movie"]["accuracy"] == 0.8
    assert records[0]["spec"]["epochs"] == 3.0
    assert records[0]["history"][0] == {"step": 19.0, "loss": pytest.approx(0.51)}
    assert records[0]["origin"] == {"folder": str(tmp_path), "stem": "00000"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "EOF"),
        (b"{", "EOF"),
        (b"\xff\xfe\x00", "expected"),
        (b"[]", "object"),
        (b'{"version": 2}', "version"),
        (b"[" * 100_000, "recursion"),
        (b'{"version": 1, "version": 1}', "spec"),
    ],
)
def test_a_corrupt_file_is_named_and_skipped(tmp_path: Path, content: bytes, problem: str) -> None:
    write(tmp_path, [record()])
    (tmp_path / "runs" / "odd.json").write_bytes(content)
    loaded = read_folder(tmp_path)
    assert len(loaded.records) == 1
    (warning,) = loaded.warnings
    assert warning.startswith("odd.json was left out: ")
    assert problem in warning
    assert "\n" not in warning


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("status",), "fine", "status"),
        (("results", "movie", "accuracy"), "high", "results.movie.accuracy"),
        (("spec", "seed"), "0", "spec.seed"),
        (("spec", "method"), None, "spec.method"),
        (("task",), None, "task is missing"),
        (("profile", "after", "ratio"), [[0.1]], "one row per injection layer"),
        (("profile", "after", "injection"), [-1, 2], "injection"),
    ],
)
def test_a_wrong_value_is_located(
    tmp_path: Path, path: tuple[str, ...], value: object, where: str
) -> None:
    made = record()
    _replace(made, path, value)
    (warning,) = read_folder(write(tmp_path, [made])).warnings
    assert where in warning


def test_what_is_no_file_is_named_and_does_not_block(tmp_path: Path) -> None:
    write(tmp_path, [record()])
    (tmp_path / "runs" / "folder.json").mkdir()
    os.mkfifo(tmp_path / "runs" / "pipe.json")
    (tmp_path / "runs" / "loop.json").symlink_to("loop.json")
    loaded = read_folder(tmp_path)
    assert len(loaded.records) == 1
    assert [w.split()[0] for w in loaded.warnings] == ["folder.json", "loop.json", "pipe.json"]


def test_temporary_files_of_writers_are_not_records(tmp_path: Path) -> None:
    write(tmp_path, [record()])
    (tmp_path / "runs" / ".abc.tmp").write_text("{")
    assert read_folder(tmp_path).warnings == ()


def test_numbers_that_are_not_finite_are_undefined(tmp_path: Path) -> None:
    folder = write(tmp_path, [record(movie=float("nan"), tweet=float("inf"))])
    (loaded,) = read_folder(folder).records
    assert loaded["results"]["movie"]["accuracy"] is None
    assert loaded["results"]["tweet"]["accuracy"] is None


def test_numbers_too_large_to_be_squared_are_undefined_too() -> None:
    report = build_report([record(movie=1e300), record(seed=1, movie=-1e300)], title="t")
    # A finished run without a score counts as the majority-class baseline.
    assert report.sections[0].numbers.in_domain.methods[0].summary.mean == 0.5


def test_text_that_is_no_unicode_is_no_problem() -> None:
    report = build_report([record(spec={"note": "\ud800"})], title="t")
    assert render_html(report).encode()


def test_control_characters_and_excess_length_are_lost(tmp_path: Path) -> None:
    made = record("a\x1b[31m\nb", status="failed", reason="x" * 5000)
    (loaded,) = read_folder(write(tmp_path, [made])).records
    assert loaded["spec"]["method"] == "a [31m b"
    assert len(loaded["reason"]) == 300


def test_a_crash_before_the_task_was_loaded_is_a_record(tmp_path: Path) -> None:
    made = record(status="failed", reason="no such model", task=None, seconds={}, cost={})
    assert len(read_folder(write(tmp_path, [made])).records) == 1


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_folder_without_runs_is_an_error(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "study")
    with pytest.raises(DataError, match="output folder of a study"):
        read_folder(tmp_path / "study")


def test_an_empty_folder_gives_no_records(tmp_path: Path) -> None:
    assert read_folder(write(tmp_path, [])).records == ()


def test_a_repeated_run_counts_once_and_the_later_one_stays() -> None:
    early = record(seed=1, movie=0.1, finished="2026-01-01T00:00:00+00:00")
    late = record(seed=1, movie=0.9, finished="2026-01-02T00:00:00+00:00")
    cancelled = record(seed=1, status="cancelled", finished="2026-01-03T00:00:00+00:00")
    report = build_report([late, cancelled, early], title="t")
    assert report.runs == 1
    assert report.sections[0].numbers.domains[0].methods[0].summary.mean == 0.9
    assert any("2 records repeat" in warning for warning in report.warnings)


def test_a_run_that_was_made_again_with_other_defaults_counts_once() -> None:
    records = [
        record(
            method,
            seed,
            score,
            spec={"method_options": when},
            finished=f"2026-01-0{when}T00:00:00+00:00",
        )
        for method, scores in (("plain", (0.1, 0.7)), ("lnsr", (0.2, 0.9)))
        for seed in range(4)
        for when, score in zip("12", scores, strict=True)
    ]
    report = build_report(records, title="t")
    (comparison,) = report.sections[0].numbers.primary
    assert comparison.difference.differences == pytest.approx([0.2] * 4)
    assert [m.summary.count for m in report.sections[0].numbers.in_domain.methods] == [4, 4]
    assert any("8 records were left out" in warning for warning in report.warnings)


def test_where_a_record_comes_from_is_not_for_the_file_to_say(tmp_path: Path) -> None:
    made = record(origin={"folder": "/etc", "stem": "passwd"})
    (loaded,) = read_folder(write(tmp_path, [made])).records
    assert loaded["origin"] == {"folder": str(tmp_path), "stem": "00000"}


def test_records_in_memory_are_checked_as_well() -> None:
    report = build_report([record(), {"version": 1}, {}], title="t")
    assert report.runs == 1
    assert [w.split(" was")[0] for w in report.warnings] == ["record 1", "record 2"]


@given(json_values)
def test_no_json_file_crashes_the_reader(tmp_path_factory: Any, value: Any) -> None:
    folder = tmp_path_factory.mktemp("study")
    (folder / "runs").mkdir()
    (folder / "runs" / "any.json").write_text(json.dumps(value))
    loaded = read_folder(folder)
    assert len(loaded.records) + len(loaded.warnings) == 1


@given(st.data())
def test_a_record_with_any_strange_part_is_reported_or_left_out(data: st.DataObject) -> None:
    records = study(3)
    for _ in range(data.draw(st.integers(1, 3))):
        made = data.draw(st.sampled_from(records))
        paths = list(_paths(made))
        _replace(made, data.draw(st.sampled_from(paths)), data.draw(json_values))
    report = build_report(copy.deepcopy(records), title="t")
    assert report.runs + sum("was left out" in w for w in report.warnings) >= len(records) - 5


def _paths(value: Any, prefix: tuple[str, ...] = ()) -> Any:
    for key, inner in value.items():
        yield (*prefix, key)
        if isinstance(inner, dict):
            yield from _paths(inner, (*prefix, key))


def _replace(made: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    *parents, last = path
    inner: Any = made
    for key in parents:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner[last] = value


def pack(folder: Path, records: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / PACKED_FILE).write_bytes(pack_records((as_packed(made), made) for made in records))
    return folder


def as_packed(made: dict[str, Any]) -> str:
    return record_name(made["spec"]["method"], made["spec"]["seed"], made["spec_hash"])


def add_file(folder: Path, made: dict[str, Any]) -> None:
    (folder / "runs").mkdir(exist_ok=True)
    (folder / "runs" / f"{as_packed(made)}.json").write_text(json.dumps(made))


def test_packed_records_are_read_like_others(tmp_path: Path) -> None:
    made = study(3)
    packed = read_folder(pack(tmp_path / "packed", made))
    assert packed.warnings == ()
    single = read_folder(write(tmp_path / "single", made)).records
    assert {r["spec_hash"]: {**r, "origin": None} for r in packed.records} == {
        r["spec_hash"]: {**r, "origin": None} for r in single
    }
    assert {r["origin"]["folder"] for r in packed.records} == {str(tmp_path / "packed")}
    assert sorted(r["origin"]["stem"] for r in packed.records) == sorted(map(as_packed, made))


def test_a_run_in_a_file_of_its_own_and_packed_counts_once(tmp_path: Path) -> None:
    packed = [record(seed=seed, movie=0.1) for seed in range(3)]
    pack(tmp_path, packed)
    add_file(tmp_path, {**packed[0], "status": "failed", "reason": "no memory"})
    add_file(tmp_path, record(seed=1, movie=0.9, spec_hash=packed[1]["spec_hash"]))
    add_file(tmp_path, record(seed=4, movie=0.2))
    loaded = read_folder(tmp_path)
    scores = {r["spec"]["seed"]: r["results"]["movie"]["accuracy"] for r in loaded.records}
    assert scores == {0: 0.1, 1: 0.9, 2: 0.1, 4: 0.2}
    assert (len(loaded.records), loaded.warnings) == (4, ())
    assert build_report(loaded.records, title="t").warnings == ()


def test_predictions_of_packed_records_are_found_beside_them(tmp_path: Path) -> None:
    made = study(2, methods=("plain",))
    for content in made:
        columns = {"logits": np.eye(2, dtype=np.float32), "idx": np.arange(2)}
        (tmp_path / "predictions").mkdir(exist_ok=True)
        with (tmp_path / "predictions" / f"{as_packed(content)}.npz").open("wb") as file:
            write_predictions(file, {"movie": columns})
    report = build_report(read_folder(pack(tmp_path, made)).records, title="t")
    assert report.sections[0].tables.disagreement is not None
    elsewhere = read_folder(pack(tmp_path / "elsewhere", made)).records
    assert build_report(elsewhere, title="t").sections[0].tables.disagreement is None


def test_a_damaged_packed_file_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    write(pack(tmp_path, study(3)), [record()])
    (tmp_path / PACKED_FILE).write_bytes((tmp_path / PACKED_FILE).read_bytes()[:-4])
    loaded = read_folder(tmp_path)
    assert len(loaded.records) == 1
    assert loaded.warnings == (f"{PACKED_FILE} was left out: damaged: it ends too early",)


def test_bad_lines_of_a_packed_file_are_named(tmp_path: Path) -> None:
    odd = json.dumps(record(spec_hash="../../../../../tmp/x")).encode()
    lines = [b"{}", odd, json.dumps(record()).encode(), *[b""] * 30]
    (tmp_path / PACKED_FILE).write_bytes(lzma.compress(b"\n".join(lines) + b"\n"))
    loaded = read_folder(tmp_path)
    assert len(loaded.records) == 1
    assert loaded.warnings[0].startswith(f"{PACKED_FILE}: line 1 was left out: version")
    assert "line 2 was left out: spec_hash: expected sixteen" in loaded.warnings[1]
    assert loaded.warnings[-1] == f"{PACKED_FILE}: 12 more lines were left out"
    assert len(loaded.warnings) == 21


@given(st.lists(json_values, max_size=4))
def test_no_packed_json_crashes_the_reader(tmp_path_factory: Any, values: list[Any]) -> None:
    folder = tmp_path_factory.getbasetemp()
    text = "".join(f"{json.dumps(value)}\n" for value in values)
    (folder / PACKED_FILE).write_bytes(lzma.compress(text.encode()))
    loaded = read_folder(folder)
    assert len(loaded.records) + len(loaded.warnings) == len(values)
