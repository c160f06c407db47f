"""Reads rows of a local copy: `DATA_ROOT/<group>/<task>/<split>.jsonl.gz`, an object per line.

Where `DATA_ROOT/index.json` lists a file with its sha256, the file must have it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

from ..._exceptions import DataError
from ..._untrusted import parse_json, read_regular
from ..files._bytes import LARGEST_FILE

INDEX = "index.json"

ENDING = ".jsonl.gz"

Row = dict[str, Any]


def read_rows(root: Path, file: str) -> list[Row]:
    """All rows of one file.

    Args:
        root: The folder of the local copy.
        file: Path below it, without its ending.

    Raises:
        DataError: The folder or file is not there, is not what the index says, or has a line that
            is not a JSON object.
    """
    path = root / f"{file}{ENDING}"
    content = _bytes(root, path)
    _check_hash(root, f"{file}{ENDING}", content)
    try:
        lines = gzip.decompress(content).decode("utf-8").split("\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not a gzip file of UTF-8 text ({type(error).__name__}): copy it again"
        ) from None
    return [_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _bytes(root: Path, path: Path) -> bytes:
    if not root.is_dir():
        raise DataError(
            f"the data root {root} is not a folder: give the folder that holds "
            f"<group>/<task>/<split>{ENDING} by `data_root` or STEADYTUNE_DATA"
        )
    try:
        return read_regular(path, LARGEST_FILE)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path} cannot be read ({reason}): put the file there, name another folder by "
            f"`data_root`, or unset STEADYTUNE_DATA to ask the Hugging Face hub"
        ) from None


def _check_hash(root: Path, file: str, content: bytes) -> None:
    expected = _listed(root).get(file)
    found = hashlib.sha256(content).hexdigest()
    if expected is not None and found != expected:
        raise DataError(
            f"{root / file} has sha256 {found[:12]}..., {INDEX} next to it lists "
            f"{str(expected)[:12]}...: copy the file again"
        )


def _listed(root: Path) -> dict[str, str]:
    """File -> sha256, as far as there is an index."""
    path = root / INDEX
    if not path.exists():
        return {}
    try:
        entries = parse_json(read_regular(path))
        return {entry["path"]: entry["sha256"] for entry in entries if "sha256" in entry}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is not a list of files with path and sha256 ({type(error).__name__}): "
            f"copy it again, or delete it to read files unchecked"
        ) from None


def _row(path: Path, number: int, line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise DataError(f"{path}, line {number} is not a JSON object: copy the file again")
    return row
