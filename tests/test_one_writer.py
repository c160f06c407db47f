"""One writer a folder: the second is told who the first is; a killed one blocks nobody."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from steadytune._exceptions import ConfigError
from steadytune._one_writer import LOCK, one_writer

HOLD = (
    "import sys, time; from pathlib import Path; from steadytune._one_writer import one_writer\n"
    "with one_writer(Path(sys.argv[1]), 'train --out x'):\n"
    "    (Path(sys.argv[1]) / '.a.json.0123456789abcdef0123456789abcdef.tmp').touch()\n"
    "    print('held', flush=True); time.sleep(60)"
)


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_folder_is_made_and_nothing_stays(tmp_path: Path) -> None:
    with one_writer(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "kept").touch()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["kept"]


def test_the_lock_of_whoever_made_the_folder_anew_stays(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with one_writer(folder):
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / LOCK).touch()
    assert (folder / LOCK).exists()


def test_a_folder_without_content_is_gone_if_it_was_made_here(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), one_writer(tmp_path / "a" / "b"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    with one_writer(tmp_path / "mine"):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


@pytest.mark.alone
def test_the_second_is_told_who_the_first_is(tmp_path: Path) -> None:
    with holder(tmp_path) as process, pytest.raises(ConfigError) as caught, one_writer(tmp_path):
        pass
    text = str(caught.value)
    assert f"{tmp_path} is in use: process {process.pid} on {socket.gethostname()}, since" in text
    assert "(train --out x), writes there; wait until it has ended" in text


@pytest.mark.alone
def test_a_killed_writer_blocks_nobody_and_is_swept_after(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert (tmp_path / LOCK).is_file()
        with one_writer(tmp_path):
            assert [path.name for path in tmp_path.iterdir()] == [LOCK]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.alone
@pytest.mark.parametrize("content", ["", "[" * 100_000, "{}", '{"pid": "\\u001b[31m"}'])
def test_whatever_stands_in_the_lock_is_one_line(tmp_path: Path, content: str) -> None:
    with holder(tmp_path):
        (tmp_path / LOCK).write_text(content)
        with pytest.raises(ConfigError, match="another process writes there"), one_writer(tmp_path):
            pass


@pytest.mark.alone
def test_what_the_lock_says_is_shown_without_escapes(tmp_path: Path) -> None:
    told = {"pid": "\x1b[31m", "host": "h", "since": "s", "command": "c\nd" * 1000}
    with holder(tmp_path):
        (tmp_path / LOCK).write_text(json.dumps(told))
        with pytest.raises(ConfigError) as caught, one_writer(tmp_path):
            pass
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_is_one_line_and_nothing_stays(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(ConfigError, match=r"its file system has no locks\); name another folder"),
        one_writer(tmp_path / "a" / "b"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_and_a_place_that_cannot_be_made_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file is a file"), one_writer(tmp_path / "file"):
        pass
    with pytest.raises(ConfigError, match="cannot write to"), one_writer(tmp_path / "file" / "a"):
        pass
    with pytest.raises(ConfigError, match="cannot write to"), one_writer(tmp_path / ("x" * 300)):
        pass
