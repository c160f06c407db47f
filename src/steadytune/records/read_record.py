"""Reading one record, in the strict or the tolerant mode of its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .._checksum import checked
from .._untrusted import parse_json, read_regular
from .schema import STRICT, Record, first_problem


def read_record(path: Path) -> Record:
    """Read the file of a record strictly: what a study goes on from.

    Raises:
        ValueError: If the file holds no record, with the reason in one line.
        OSError: If it cannot be read.
    """
    record = parse_record(read_regular(path))
    if not path.stem.endswith(f"-{record.spec_hash}"):
        raise ValueError(f"spec_hash {record.spec_hash} does not fit the file's name")
    return record


def parse_record(content: bytes) -> Record:
    """Read a record strictly, such as a line of a packed file.

    Raises:
        ValueError: If it is not a record, with the reason in one line.
    """
    return validated(_object(parse_json(content, finite=True)), STRICT)


def parse_tolerantly(content: bytes) -> Record:
    """Read a record for a report.

    Raises:
        ValueError: If it is not a record, with the reason in one line.
    """
    return validated(_object(parse_json(content)))


def validated(content: dict[str, Any], mode: str | None = None) -> Record:
    """The record that JSON values are; tolerantly by default.

    Raises:
        ValueError: If they are none, with the reason in one line.
    """
    try:
        return Record.model_validate(content, context=mode)
    except ValidationError as error:
        raise ValueError(first_problem(error)) from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return checked(value)
