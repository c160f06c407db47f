"""A small source release with the layout of vaderSentiment 3.3.2's and none of its content."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from steadytune.tasks import vader
from steadytune.tasks._pip_download import SourceRelease
from steadytune.tasks.vader_archive import INNER_ARCHIVE, INNER_FOLDER

ROOT = "vaderSentiment-3.3.2"


def rows(*fields: tuple[str, float, str]) -> bytes:
    """A file of rated texts."""
    return "\r\n".join("\t".join(map(str, row)) for row in fields).encode()


def rated_files(**texts: bytes) -> dict[str, bytes]:
    """A file for every domain; those not given hold enough rows of their own to be split."""
    files = {}
    for domain, file in vader.FILES.items():
        default = ((str(i), 2.0 * (-1) ** i, f"{domain} text number {i}") for i in range(1, 41))
        files[file] = texts.get(domain, rows(*default))
    return files


def tar_gz(members: Mapping[str, bytes]) -> bytes:
    """A `.tar.gz` file of regular files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def release_content(files: Mapping[str, bytes], setup: str = "") -> bytes:
    """The release's bytes."""
    inner = tar_gz({f"{INNER_FOLDER}/{name}": content for name, content in files.items()})
    return tar_gz({f"{ROOT}/setup.py": setup.encode(), INNER_ARCHIVE: inner})


def publish(folder: Path, content: bytes) -> SourceRelease:
    """Put a release where pip can find it, and name it."""
    release = SourceRelease("vaderSentiment", "3.3.2", hashlib.sha256(content).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / release.file_name).write_bytes(content)
    return release


def point_pip_at(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let pip find releases in `folder` and nowhere else."""
    _forget_indexes(monkeypatch)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def cut_pip_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point pip at an index that nothing listens on."""
    _forget_indexes(monkeypatch)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")


def _forget_indexes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "CONSTRAINT"):
        monkeypatch.delenv(f"PIP_{name}", raising=False)
