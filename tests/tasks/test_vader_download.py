"""The cache holds a verified file or none; every failure is one line with a remedy."""

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from steadytune._exceptions import DataError
from steadytune._folders import cache_folder
from steadytune.tasks import vader_download
from steadytune.tasks._pip_download import SourceRelease
from steadytune.tasks.vader_download import VADER_RELEASE, release_bytes
from tests.tasks.synthetic_release import (
    cut_pip_off,
    point_pip_at,
    publish,
    rated_files,
    release_content,
)

CONTENT = release_content(rated_files())


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SourceRelease:
    """A release that pip can find."""
    wheelhouse = tmp_path / "wheelhouse"
    point_pip_at(monkeypatch, wheelhouse)
    return publish(wheelhouse, CONTENT)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "a" / "cache"


def assert_one_line(error: DataError, *parts: str) -> None:
    assert "\n" not in str(error)
    for part in parts:
        assert part in str(error)


def test_a_second_use_needs_no_network(
    release: SourceRelease, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert release_bytes(release, cache) == CONTENT
    cut_pip_off(monkeypatch)
    assert release_bytes(release, cache) == CONTENT
    assert [path.name for path in cache.iterdir()] == [release.file_name]


def test_a_corrupt_file_is_replaced(release: SourceRelease, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / release.file_name).write_bytes(CONTENT[:-1])
    assert release_bytes(release, cache) == CONTENT
    assert (cache / release.file_name).read_bytes() == CONTENT


def test_a_corrupt_file_and_no_network(
    release: SourceRelease, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(parents=True)
    (cache / release.file_name).write_bytes(b"")
    cut_pip_off(monkeypatch)
    with pytest.raises(DataError) as caught:
        release_bytes(release, cache)
    path = str(cache / release.file_name)
    assert_one_line(caught.value, f"{path} is corrupt", "cannot be reached", "by hand")


def test_no_file_and_no_network(
    release: SourceRelease, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_pip_off(monkeypatch)
    with pytest.raises(DataError) as caught:
        release_bytes(release, cache)
    assert_one_line(
        caught.value, "cannot be reached", release.file_name, release.sha256, str(cache), "by hand"
    )
    assert "corrupt" not in str(caught.value)
    assert list(cache.iterdir()) == []


def test_an_index_with_another_file_under_the_name(release: SourceRelease, cache: Path) -> None:
    expected = dataclasses.replace(release, sha256="0" * 64)
    with pytest.raises(DataError) as caught:
        release_bytes(expected, cache)
    assert_one_line(caught.value, "another sha256")
    assert list(cache.iterdir()) == []


def test_the_hash_does_not_rest_on_pip_alone(
    release: SourceRelease, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(release: SourceRelease, folder: Path) -> Path:
        path = folder / release.file_name
        path.write_bytes(b"other bytes")
        return path

    monkeypatch.setattr(vader_download, "pip_download", careless)
    with pytest.raises(DataError, match="another sha256"):
        release_bytes(release, cache)
    assert list(cache.iterdir()) == []


def test_a_cache_folder_that_is_a_file(release: SourceRelease, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    with pytest.raises(DataError) as caught:
        release_bytes(release, blocked)
    assert_one_line(caught.value, str(blocked), "STEADYTUNE_CACHE")


def test_a_cache_folder_that_cannot_be_written(
    release: SourceRelease, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vader_download.os, "replace", full)
    with pytest.raises(DataError) as caught:
        release_bytes(release, cache)
    assert_one_line(caught.value, str(cache), "No space left", "STEADYTUNE_CACHE")
    assert list(cache.iterdir()) == []


def test_two_processes_at_once(release: SourceRelease, cache: Path) -> None:
    script = (
        "import sys, hashlib, pathlib\n"
        "from steadytune.tasks._pip_download import SourceRelease\n"
        "from steadytune.tasks.vader_download import release_bytes\n"
        "release = SourceRelease('vaderSentiment', '3.3.2', sys.argv[1])\n"
        "content = release_bytes(release, pathlib.Path(sys.argv[2]))\n"
        "print(hashlib.sha256(content).hexdigest())\n"
    )
    command = [sys.executable, "-c", script, release.sha256, str(cache)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in both] == [release.sha256] * 2
    assert [path.name for path in cache.iterdir()] == [release.file_name]


def test_the_environment_names_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADYTUNE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("STEADYTUNE_CACHE", "")
    assert cache_folder().name == "steadytune"


def test_the_default_cache_is_the_environments(
    release: SourceRelease, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEADYTUNE_CACHE", str(cache))
    assert hashlib.sha256(release_bytes(release)).hexdigest() == release.sha256
    assert (cache / release.file_name).is_file()


def test_the_pinned_release() -> None:
    assert VADER_RELEASE.file_name == "vaderSentiment-3.3.2.tar.gz"
    assert len(VADER_RELEASE.sha256) == 64
