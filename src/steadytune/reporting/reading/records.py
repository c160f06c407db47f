"""Reading a folder of records: good ones are returned, bad ones are named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..._exceptions import DataError
from ..._untrusted import LARGEST_RECORD, read_regular
from ...records.packed import PACKED_FILE, checked_name, is_there, unpack_records
from ...records.read_record import parse_tolerantly, validated
from ...records.schema import Origin, Record, clean_text, require_own_hash
from ...records.spec import by_content
from ...records.which import best_of_each

MOST_LINES_NAMED = 20


@dataclass(frozen=True)
class Loaded:
    """What a folder held.

    Args:
        records: The records that could be read, in the order of their file names.
        warnings: One line for each file that could not, naming it and saying why.
    """

    records: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]


def read_folder(folder: str | Path) -> Loaded:
    """Read `folder/runs/*.json` and `folder/runs.jsonl.xz`, whichever are there.

    What reports do not use is left out, also parts of `history`. A run that stands in both counts
    once: as in `runs/`, unless it has a result only where it is packed.

    Every record gets a key `origin`, which says where it was read from.

    Raises:
        DataError: If there is no such folder.
    """
    records, warnings = parse_folder(folder)
    return Loaded(tuple(record.model_dump() for record in records), tuple(warnings))


def parse_folders(folders: Sequence[str | Path]) -> tuple[list[Record], list[str]]:
    """The records of several folders, and a line for each file that could not be read.

    Raises:
        DataError: If one of them is not a folder of records, or none holds a record.
    """
    records: list[Record] = []
    warnings: list[str] = []
    for folder in dict.fromkeys(Path(folder) for folder in folders):
        found, problems = parse_folder(folder)
        records += found
        prefix = f"{clean_text(str(folder))}: " if len(folders) > 1 else ""
        warnings += [f"{prefix}{problem}" for problem in problems]
    if not records:
        where = ", ".join(clean_text(str(Path(folder) / "runs")) for folder in folders)
        first = f"; {warnings[0]}" if warnings else ""
        raise DataError(f"no readable record under {where}: run a study first{first}")
    return records, warnings


def parse_folder(folder: str | Path) -> tuple[list[Record], list[str]]:
    """The records of a folder as objects, and a line for each file that could not be read."""
    _require_study(Path(folder))
    records, warnings = _parse_files(Path(folder))
    packed, problems = _parse_packed(Path(folder))
    return (_joined(packed, records) if packed else records), warnings + problems


def _require_study(folder: Path) -> None:
    if not (folder / "runs").is_dir() and not is_there(folder):
        raise DataError(
            f"{clean_text(str(folder / 'runs'))} is not a folder: expected the output folder of a "
            f"study, which holds its records under runs/ or in {PACKED_FILE}"
        )


def _parse_files(folder: Path) -> tuple[list[Record], list[str]]:
    records: list[Record] = []
    warnings: list[str] = []
    for path in sorted((folder / "runs").glob("*.json")):
        try:
            records.append(_read(path))
        except (OSError, ValueError) as error:
            warnings.append(f"{clean_text(path.name)} was left out: {_reason(error)}")
    return records, warnings


def _parse_packed(folder: Path) -> tuple[list[Record], list[str]]:
    """Nothing of a damaged file is taken: the rest would not be a fair sample of its runs."""
    if not is_there(folder):
        return [], []
    try:
        found = unpack_records(folder / PACKED_FILE, lambda line: _parse_line(line, folder))
    except (OSError, ValueError) as error:
        return [], [f"{PACKED_FILE} was left out: {_reason(error)}"]
    problems = [
        f"{PACKED_FILE}: line {number} was left out: {clean_text(reason)}"
        for number, reason in found.problems[:MOST_LINES_NAMED]
    ]
    if more := len(found.problems) - len(problems):
        problems.append(f"{PACKED_FILE}: {more} more lines were left out")
    return list(found.records), problems


def _parse_line(line: bytes, folder: Path) -> Record:
    record = parse_tolerantly(line)
    stem = checked_name(record.spec.method, record.spec.seed, record.spec_hash)
    return _placed(record, folder, stem)


def _joined(packed: Iterable[Record], single: Iterable[Record]) -> list[Record]:
    """One record of each run, in the order of the names of their files."""
    return sorted(best_of_each([*packed, *single], _stem, lambda r: r.rank), key=_stem)


def _stem(record: Record) -> str:
    return record.origin.stem if record.origin else ""


def _read(path: Path) -> Record:
    record = parse_tolerantly(read_regular(path, LARGEST_RECORD))
    return _placed(record, path.parent.parent, path.stem)


def _placed(record: Record, folder: Path, stem: str) -> Record:
    if record.spec_hash:
        require_own_hash(record)
    return record.model_copy(update={"origin": Origin(folder=str(folder), stem=stem)})


def _reason(error: Exception) -> str:
    return clean_text(str(getattr(error, "strerror", None) or error))


def checked(records: Iterable[Record | Mapping[str, Any]]) -> tuple[list[Record], list[str]]:
    """The records that are valid, and a line for each that is not. Of each run one stays: a
    finished one rather than one that failed, and of equals the last.

    A run that was repeated has the same spec twice, and one whose method has other defaults since
    has a spec that differs in them alone; counting both would pretend to more seeds.
    """
    valid: list[Record] = []
    warnings: list[str] = []
    for index, record in enumerate(records):
        try:
            valid.append(_validated(record))
        except (TypeError, ValueError) as error:
            warnings.append(f"record {index} was left out: {_reason(error)}")
    kept = _latest(valid)
    if len(kept) < len(valid):
        warnings.append(
            f"{len(valid) - len(kept)} records repeat the spec of another; of each run one counts, "
            "with a result if there is one"
        )
    current = _latest(kept, but=frozenset({"method_options"}))
    if len(current) < len(kept):
        warnings.append(
            f"{len(kept) - len(current)} records were left out: a later one of the same run has "
            "other defaults of the method"
        )
    return current, warnings


def _validated(record: Record | Mapping[str, Any]) -> Record:
    return record if isinstance(record, Record) else validated(dict(record))


def _latest(records: Sequence[Record], but: frozenset[str] = frozenset()) -> list[Record]:
    """One record of each spec and arm, whatever the fields `but` of its spec are."""

    def key(record: Record) -> tuple[str, str]:
        fields = by_content(record.spec.model_dump(exclude=set(but)))
        return json.dumps(fields, default=str), record.method

    return best_of_each(records, key, lambda record: record.rank)
