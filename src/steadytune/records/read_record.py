"""Reading one record: what is none is told from what is one, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .packed import checked_name
from .record import VERSION, Record

_STATUSES = ("ok", "diverged", "failed", "cancelled")


def read_record(path: Path) -> Record:
    """Read one record.

    Raises:
        ValueError: If the file holds no record, with the reason.
        OSError: If it cannot be read.
    """
    record = _record_of(path.read_text(encoding="utf-8"))
    if not path.stem.endswith(f"-{record['spec_hash']}"):
        raise ValueError(f"spec_hash {record['spec_hash']} does not fit the file's name")
    _require_run(record["spec"])
    return record


def parse_record(line: bytes) -> Record:
    """Read one record of a packed file.

    Raises:
        ValueError: If the line holds no record, with the reason.
    """
    record = _record_of(line.decode("utf-8"))
    _require_run(record["spec"])
    checked_name(record["spec"]["method"], record["spec"]["seed"], record["spec_hash"])
    return record


def _record_of(text: str) -> Record:
    try:
        record = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(record, dict):
        raise ValueError("expected a JSON object")
    if record.get("version") != VERSION:
        raise ValueError(f"expected version {VERSION}, got {record.get('version')!r}")
    _require(record, "spec", dict)
    _require(record, "spec_hash", str)
    _require(record, "results", dict)
    if record.get("status") not in _STATUSES:
        raise ValueError(f"unknown status {record.get('status')!r}")
    return record


def _require_run(spec: dict[str, Any]) -> None:
    _require(spec, "method", str)
    _require(spec, "seed", int)


def _require(record: dict[str, Any], key: str, kind: type) -> None:
    if not isinstance(record.get(key), kind):
        raise ValueError(f"{key} is missing or of another type than {kind.__name__}")
