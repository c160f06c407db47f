"""Folders that are known to be whole: a list of their files with hashes is written last."""

from __future__ import annotations

import os
from pathlib import Path

from ._checksum import sha256_of
from ._untrusted import json_object
from ._whole_file import write_json

SEAL = "sha256.json"
"""The list: path in the folder -> SHA-256."""


def seal(folder: Path) -> None:
    """Write down what the folder holds, once all of it is on the disk.

    Args:
        folder: The folder; nothing may write to it any more.
    """
    hashes = {}
    for path in _files(folder):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        hashes[path.relative_to(folder).as_posix()] = sha256_of(path)
    write_json(folder / SEAL, hashes)


def is_sealed(folder: Path) -> bool:
    """Whether the folder was complete at some time: without a seal it is still being written."""
    return (folder / SEAL).is_file()


def damage(folder: Path) -> str | None:
    """What is wrong with a sealed folder, in a few words; None if all is as it was.

    Args:
        folder: The folder; files that came to it later do not count.
    """
    try:
        hashes = json_object(folder / SEAL)
    except FileNotFoundError:
        return "it is not complete"
    except (OSError, ValueError):
        return f"{SEAL} cannot be read"
    for name, expected in hashes.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        try:
            found = sha256_of(path)
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
        if found != expected:
            return f"{name} has changed"
    return None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SEAL)
