"""One row a run, for spreadsheets and for those who compute on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from ...records.schema import clean_text
from ..analysis.scoring import score
from ..analysis.stability import sensitivity, sensitivity_before
from ..reading.run import Run

# A spreadsheet takes text that begins with one of these for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

Cell = str | float | int | None


def runs_csv(records: Iterable[Run]) -> str:
    """The records as CSV, UTF-8 text with a heading line; the last columns are times.

    Numbers are written in full, undefined ones stay empty. `noise_moved` is by how much of its
    length, in %, noise at the lowest layer moves the top layer. Text is quoted, and text that a
    spreadsheet would take for a formula gets an apostrophe before it.
    """
    runs = list(records)
    columns = _columns(map(_row, runs))  # and each row once more below: all at once take gigabytes
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([safe_text(name) for name in columns])
    writer.writerows([_cell(row.get(name)) for name in columns] for row in map(_row, runs))
    return buffer.getvalue()


def _row(record: Run) -> dict[str, Any]:
    """Nested parts become columns with a dot in their name."""
    domains = _domains(record)
    constant = record.task.constant if record.task else {}
    return {
        "folder": record.study,
        "record": record.stem or None,
        "spec_hash": record.spec_hash,
        "arm": record.method,
        **{f"spec.{key}": value for key, value in record.spec.fields.items()},
        "status": record.status,
        "reason": record.reason,
        "metric": record.task.metric if record.task else None,
        "in_domain": record.task.in_domain if record.task else None,
        "seen_in_pretraining": ", ".join(sorted(record.exposed)) if record.task else None,
        **{f"counted.{d}": s.value for d in domains if (s := score(record, d)) is not None},
        **{f"constant.{d}": constant[d] for d in domains if d in constant},
        **{f"results.{d}.{m}": v for d, found in record.results.items() for m, v in found.items()},
        "noise_moved.before": sensitivity_before(record),
        "noise_moved.after": sensitivity(record),
        **{f"seconds.{key}": value for key, value in record.seconds.items()},
        **{f"cost.{key}": value for key, value in record.cost.items()},
        "started": record.started,
        "finished": record.finished,
    }


def _domains(record: Run) -> list[str]:
    if record.task is None:
        return []
    return list(dict.fromkeys([record.task.in_domain, *record.task.out_of_domain]))


def _columns(rows: Iterable[dict[str, Any]]) -> list[str]:
    """All columns that occur, in groups of the same kind, in the order of their first row."""
    groups: dict[str, dict[str, None]] = {}
    for row in rows:
        for name in row:
            groups.setdefault(name.partition(".")[0], {})[name] = None
    return [name for group in groups.values() for name in group]


def _cell(value: Any) -> Cell:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return safe_text(value if isinstance(value, str) else json.dumps(value, default=str))


def safe_text(text: str) -> str:
    """`text` on one line, as nothing that a spreadsheet would compute."""
    cleaned = clean_text(text, 10_000)
    return f"'{cleaned}" if cleaned.lstrip().startswith(_FORMULA) else cleaned
