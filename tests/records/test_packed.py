"""Packed records: what is written comes back, and any other file is refused in one line."""

from __future__ import annotations

import json
import lzma
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steadytune.records import packed
from steadytune.records.packed import (
    PACKED_FILE,
    Unpacked,
    checked_name,
    is_there,
    pack_records,
    unpack_records,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
records = st.dictionaries(
    st.text(max_size=20), st.dictionaries(st.text(max_size=8), json_values), max_size=5
)
one_folder = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def unpack(path: Path, content: bytes) -> Unpacked[Any]:
    path.write_bytes(content)
    return unpack_records(path, json.loads)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / PACKED_FILE


@one_folder
@given(records)
def test_what_is_packed_comes_back_in_the_order_of_the_names(
    path: Path, made: dict[str, Any]
) -> None:
    content = pack_records(made.items())
    assert content == pack_records(reversed(made.items()))
    found = unpack(path, content)
    assert found == Unpacked(tuple(made[name] for name in sorted(made)), ())
    assert [list(record) for record in found.records] == [list(made[name]) for name in sorted(made)]


@one_folder
@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(path: Path, content: bytes) -> None:
    with pytest.raises(ValueError, match="damaged") as caught:
        unpack(path, content)
    assert "\n" not in str(caught.value)


@one_folder
@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=6))
def test_any_line_is_a_record_or_a_problem(path: Path, lines: list[bytes]) -> None:
    found = unpack(path, lzma.compress(b"".join(line + b"\n" for line in lines)))
    assert len(found.records) + len(found.problems) == len(lines)
    assert all("\n" not in reason for _, reason in found.problems)


@one_folder
@given(st.data())
def test_a_file_that_was_changed_gives_no_records(path: Path, data: st.DataObject) -> None:
    content = bytearray(pack_records([(str(n), {"seed": n}) for n in range(20)]))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError):
        unpack(path, bytes(content))
    with pytest.raises(ValueError, match="ends too early"):
        unpack(path, pack_records([("a", {"b": 1})])[: -data.draw(st.integers(1, 60))])


def test_bad_lines_are_named_and_the_others_are_read(path: Path) -> None:
    found = unpack(path, lzma.compress(b'{"a": 1}\n\n{\n' + b"[" * 100_000 + b'\n{"a": 2}'))
    assert found.records == ({"a": 1}, {"a": 2})
    assert [number for number, _ in found.problems] == [2, 3, 4]
    assert found.problems[2][1] == "nested too deeply"


def test_a_line_that_is_too_long_is_passed_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "LONGEST_LINE", 2**20)
    long = json.dumps({"a": "x" * (3 * 2**20)}).encode()
    found = unpack(path, lzma.compress(b'{"a": 1}\n' + long + b'\n{"a": 2}\n' + long))
    assert found.records == ({"a": 1}, {"a": 2})
    assert found.problems == ((2, "larger than 1 MB"), (4, "larger than 1 MB"))
    with pytest.raises(ValueError, match="run-7 is larger than 1 MB"):
        pack_records([("run-7", {"a": "x" * 2**20})])


def test_what_unpacks_to_too_much_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "LARGEST_UNPACKED", 2**21)
    with pytest.raises(ValueError, match=r"^larger than 2 MB$"):
        unpack(path, lzma.compress(b'{"a": "' + b"x" * 2**22 + b'"}\n'))
    with pytest.raises(ValueError, match=r"^all records together are larger than 2 MB$"):
        pack_records([(str(n), {"a": "x" * 2**20}) for n in range(3)])


def test_a_file_without_records_is_given_up_soon(path: Path) -> None:
    with pytest.raises(ValueError, match="more than 1000 of its lines"):
        unpack(path, lzma.compress(b"\n" * 2**22))


def test_a_file_that_asks_for_much_memory_is_refused(path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**29}]
    # The size of the dictionary stands in the header, however little the file holds.
    compressor = lzma.LZMACompressor(lzma.FORMAT_XZ, filters=filters)
    with pytest.raises(ValueError, match="damaged: Memory usage limit"):
        unpack(path, compressor.compress(b'{"a": 1}\n') + compressor.flush())


def test_nothing_may_follow(path: Path) -> None:
    content = pack_records([("a", {"b": 1})])
    for more in (b"\0\0\0\0", content):
        with pytest.raises(ValueError, match="more follows"):
            unpack(path, content + more)


def test_what_is_no_file_does_not_block(path: Path) -> None:
    assert not is_there(path.parent)
    os.mkfifo(path)
    with pytest.raises(ValueError, match="not a regular file"):
        unpack_records(path, json.loads)
    path.unlink()
    path.symlink_to(path.name)
    assert is_there(path.parent)
    with pytest.raises(OSError):
        unpack_records(path, json.loads)


@pytest.mark.parametrize(
    ("seed", "spec_hash"),
    [
        (1, "../../../../etc/x"),
        (1, "0123456789ABCDEF"),
        (1, "0123456789abcdef\n"),
        (10**4000, "0123456789abcdef"),
    ],
)
def test_names_that_could_lead_elsewhere_are_refused(seed: int, spec_hash: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        checked_name("plain", seed, spec_hash)
