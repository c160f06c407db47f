"""Making the record of a run that ends."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .read_record import validated
from .schema import STRICT, VERSION, Record
from .spec import RunSpec
from .which import Status

__all__ = ["Record", "make_record", "now", "one_line"]


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

    Raises:
        ValueError: If a part is not as the format has it.
    """
    content = {
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
    return validated(content, STRICT)


def one_line(error: BaseException) -> str:
    """An exception in one line, with the place that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split()).encode(errors="replace").decode()
    name = type(error).__name__
    return f"{name}: {text}{place}" if text else f"{name}{place}"


def now() -> str:
    """The time in ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
