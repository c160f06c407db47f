"""The record of a run: JSON-ready values in the format of docs/record.md."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .spec import RunSpec
from .which import Status

VERSION = 1

Record = dict[str, Any]


def make_record(
    spec: RunSpec,
    status: Status,
    reason: str | None,
    *,
    started: str,
    parts: Mapping[str, Any] | None = None,
) -> Record:
    """A record that ends now; what `parts` does not hold is empty.

    Args:
        spec: What the run was.
        status: How it ended.
        reason: One line for a status other than `ok`.
        started: When it began, from `now`.
        parts: Further keys of the record.
    """
    return {
        "version": VERSION,
        "spec": spec.as_dict(),
        "spec_hash": spec.hash,
        "status": status,
        "reason": reason,
        "task": None,
        "results": {},
        "history": [],
        "profile": None,
        "seconds": {},
        "cost": {},
        "environment": {},
        **(parts or {}),
        "started": started,
        "finished": now(),
    }


def one_line(error: BaseException) -> str:
    """An exception in one line, with the place that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text}{place}" if text else f"{name}{place}"


def now() -> str:
    """The time in ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
