"""The source release of vaderSentiment 3.3.2: fetched once, verified at every use.

The release is read as data only. Its SHA-256 stands in this file, is compared by pip before
anything of the download is unpacked, and again here before any byte is handed on.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

from .._exceptions import DataError
from .._folders import cache_folder
from .._whole_file import temporary_beside
from ._pip_download import SourceRelease, pip_download

VADER_RELEASE = SourceRelease(
    project="vaderSentiment",
    version="3.3.2",
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)

_logger = logging.getLogger(__name__)


def release_bytes(release: SourceRelease = VADER_RELEASE, folder: Path | None = None) -> bytes:
    """The release's file as bytes whose hash is right, from the cache or else from the index.

    Any number of processes may call this at once: each downloads under a name of its own, and the
    whole file takes its place in one step.

    Args:
        release: What to fetch.
        folder: The cache folder; None takes `cache_folder()`.

    Raises:
        DataError: It is not in the cache and cannot be downloaded, or the cache cannot be used.
    """
    path = (cache_folder() if folder is None else folder) / release.file_name
    cached = _read_if_there(path)
    if cached is not None and _is_intact(cached, release):
        return cached
    try:
        return _download(release, path)
    except OSError as error:
        raise DataError(_unusable_cache("write", path, error)) from None
    except DataError as error:
        raise DataError(_failure(release, path, cached is not None, error)) from None


def _read_if_there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(_unusable_cache("read", path, error)) from None


def _is_intact(content: bytes, release: SourceRelease) -> bool:
    return hashlib.sha256(content).hexdigest() == release.sha256


def _download(release: SourceRelease, path: Path) -> bytes:
    _logger.info("downloading %s %s", release.project, release.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Inside the cache folder, since a rename is one step only within one file system.
    with temporary_beside(path, Path.mkdir) as folder:
        downloaded = pip_download(release, folder)
        content = downloaded.read_bytes()
        if not _is_intact(content, release):
            raise DataError("the downloaded file has another sha256; nothing of it was used")
        os.replace(downloaded, path)
        return content


def _unusable_cache(verb: str, path: Path, error: OSError) -> str:
    return (
        f"cannot {verb} {path} ({error.strerror}): correct that, "
        f"or set STEADYTUNE_CACHE to a folder that you can write to"
    )


def _failure(release: SourceRelease, path: Path, corrupt: bool, error: DataError) -> str:
    wanted = f"{release.project} {release.version}"
    trouble = f"{path} is corrupt (its sha256 is not that of {wanted}) and " if corrupt else ""
    return (
        f"{trouble}{wanted} cannot be downloaded: {error}; check the network and pip's index "
        f"settings, or put {release.file_name} (sha256 {release.sha256}) into {path.parent} by "
        f"hand, or set STEADYTUNE_CACHE to a folder that holds it"
    )
