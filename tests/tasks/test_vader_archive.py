"""Members are found under their exact names, in memory, and only regular files count."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune._exceptions import DataError
from steadytune.tasks.vader_archive import INNER_ARCHIVE, INNER_FOLDER, read_members
from tests.tasks.synthetic_release import release_content, tar_gz

FILES = {"a.txt": b"first", "b.txt": b"second"}


def test_files_come_in_the_order_asked_for() -> None:
    read = read_members(release_content(FILES), ("b.txt", "a.txt"))
    assert list(read.items()) == [("b.txt", b"second"), ("a.txt", b"first")]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DataError, match=r"has no file hutto_ICWSM_2014/c\.txt"):
        read_members(release_content(FILES), ("c.txt",))


def test_a_release_without_the_inner_archive() -> None:
    with pytest.raises(DataError, match=f"has no file {INNER_ARCHIVE}"):
        read_members(tar_gz({"setup.py": b""}), ("a.txt",))


def test_a_link_is_no_file() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        link = tarfile.TarInfo(f"{INNER_FOLDER}/a.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(DataError, match="has no file"):
        read_members(tar_gz({INNER_ARCHIVE: buffer.getvalue()}), ("a.txt",))


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    release = release_content({**FILES, "../../escaped.txt": b"x"})
    assert read_members(release, ("a.txt",)) == {"a.txt": b"first"}
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    # Ids are given, because the header of a gzip file holds the time at which it was made.
    "inner",
    [b"", b"plain text", release_content(FILES)[:60]],
    ids=["empty", "text", "cut short"],
)
def test_an_unreadable_inner_archive_is_named(inner: bytes) -> None:
    with pytest.raises(DataError, match=f"{INNER_ARCHIVE} is not a readable"):
        read_members(tar_gz({INNER_ARCHIVE: inner}), ("a.txt",))


@given(st.data())
def test_a_damaged_release_gives_the_content_or_one_clear_line(data: st.DataObject) -> None:
    release = bytearray(release_content(FILES))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(release) - 1))
        release[position] = data.draw(st.integers(0, 255))
    del release[data.draw(st.integers(1, len(release))) :]
    try:
        read = read_members(bytes(release), ("a.txt",))
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert set(read) == {"a.txt"}
