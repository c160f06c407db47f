"""The records of studies as one small file, for keeping, reporting and going on from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._counted import counted
from .._exceptions import ConfigError, DataError
from .._folders import make_folder
from .._one_writer import one_writer
from .._untrusted import parse_json, read_regular
from .._whole_file import write_json, write_whole
from .ledger import Ledger, best_of_each_run, file_name
from .pack_predictions import pack_predictions
from .packed import PACKED_FILE, is_there, pack_records
from .prediction_file import PACKED_PREDICTIONS
from .schema import Record
from .study_folder import CHOICES_FILE, STUDY_FILE, TUNING_FOLDER

_PARTS = (Path(), Path(TUNING_FOLDER))


@dataclass(frozen=True)
class PackedFile:
    """A file of packed records that was written.

    Args:
        path: Where it is.
        records: How many records it holds.
        size: Its size in bytes.
    """

    path: Path
    records: int
    size: int


@dataclass(frozen=True)
class Packed:
    """What became of the records of several folders.

    Args:
        files: The files written: that of the study, and that of its search if there was one.
        predictions: The file of predictions, if one was written: of so many records.
        left_there: The folders in which predictions stay that were not packed.
        left_out: A line for each thing that was not packed, predictions aside, and why.
    """

    files: tuple[PackedFile, ...]
    predictions: PackedFile | None
    left_there: tuple[Path, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _PlannedFile:
    path: Path
    records: int
    content: bytes


@dataclass(frozen=True)
class _Plan:
    """All that is to be written, before anything is."""

    files: tuple[_PlannedFile, ...]
    predictions: _PlannedFile | None
    note: bytes | None
    choices: list[dict[str, Any]] | None
    left_there: tuple[Path, ...]
    left_out: tuple[str, ...]


def pack_studies(sources: Sequence[Path], target: Path, *, predictions: bool = False) -> Packed:
    """Write the records of folders to `target/runs.jsonl.xz`, with those that it has already.

    Records of cancelled runs are left out, except those that the target's file holds. Of a run
    with several records the one with a result counts, then the one that finished last. The
    records of searches go to `target/tuning/runs.jsonl.xz` likewise. The target gets the first
    `study.json` of the folders if it has none, and what searches chose is added to its
    `tuning.json`. The folders stay as they are; the target may be one of them.

    Args:
        sources: Output folders of studies, packed or not.
        target: The folder to write to; it is made if it is not there.
        predictions: Whether to write the predictions on the rows in domain to
            `target/predictions.npz`, with those that it has already. A target that has this file
            gets them in any case, so that none is left of a record that is replaced.

    Raises:
        DataError: If a folder is none of a study, or a packed file is damaged.
        ConfigError: If nothing can be written to the target.
    """
    _require_folders(sources, target)
    with one_writer(target):
        return _pack(sources, target, predictions)


def _pack(sources: Sequence[Path], target: Path, predictions: bool) -> Packed:
    try:
        plan = _plan(sources, target, predictions)
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read ({error.strerror})") from error
    for file in plan.files:
        make_folder(file.path.parent)
    written = [*plan.files, *([plan.predictions] if plan.predictions else [])]
    for file in written:
        write_whole(file.path, file.content)
    if plan.note is not None:
        write_whole(target / STUDY_FILE, plan.note)
    if plan.choices is not None:
        write_json(target / CHOICES_FILE, plan.choices)
    return Packed(
        tuple(map(_about, plan.files)),
        _about(plan.predictions) if plan.predictions else None,
        plan.left_there,
        plan.left_out,
    )


def _about(file: _PlannedFile) -> PackedFile:
    return PackedFile(file.path, file.records, len(file.content))


def _plan(sources: Sequence[Path], target: Path, predictions: bool) -> _Plan:
    sources = _distinct(sources)
    left_out: list[str] = []
    placed = [_placed(sources, target, part, left_out) for part in _PARTS]
    best = [best_of_each_run(record for record, _ in each) for each in placed]
    files = [_planned(records, target / part) for records, part in zip(best, _PARTS, strict=True)]
    beside = None
    if predictions or (target / PACKED_PREDICTIONS).exists():
        beside = _predictions(best[0], placed[0], target, left_out)
    if not any(files):
        more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
        where = ", ".join(map(str, sources))
        raise DataError(f"{where}: no records to pack; left out: {left_out[0]}{more}")
    return _Plan(
        tuple(file for file in files if file),
        beside,
        _study_note(sources, target),
        _choices(sources, target, left_out),
        tuple(source for source in sources if _has_predictions(source)),
        tuple(dict.fromkeys(left_out)),
    )


def _require_folders(sources: Iterable[Path], target: Path) -> None:
    for source in sources:
        if not source.is_dir():
            raise DataError(f"{source} is not a folder: expected the output folder of a study")
        if not any(_holds_records(source / part) for part in _PARTS):
            raise DataError(
                f"{source} has no records, under runs/ or in {PACKED_FILE}: expected the output "
                "folder of a study"
            )
    if target.exists() and not target.is_dir():
        raise ConfigError(f"{target} is a file: expected a folder to write {PACKED_FILE} to")


def _holds_records(folder: Path) -> bool:
    return is_there(folder) or any((folder / "runs").glob("*.json"))


def _placed(
    sources: Iterable[Path], target: Path, part: Path, left_out: list[str]
) -> list[tuple[Record, Path]]:
    """The records of a study or of its search, each with the folder that holds it."""
    placed = [(record, target / part) for record in Ledger(target / part).packed()]
    for folder in _distinct((target, *sources)):
        placed += [(record, folder / part) for record in _packable(folder / part, left_out)]
    return placed


def _planned(records: Sequence[Record], folder: Path) -> _PlannedFile | None:
    """The packed file of records; None if there are none."""
    if not records:
        return None
    try:
        content = pack_records((file_name(record), record.content()) for record in records)
    except ValueError as error:
        raise DataError(f"the records of {folder} cannot be packed: {error}") from error
    return _PlannedFile(folder / PACKED_FILE, len(records), content)


def _predictions(
    best: Sequence[Record],
    placed: Iterable[tuple[Record, Path]],
    target: Path,
    left_out: list[str],
) -> _PlannedFile | None:
    """The file of predictions; None if there are none and the target has no such file."""
    of_run: dict[str, list[tuple[Record, Path]]] = {}
    for record, folder in placed:
        of_run.setdefault(record.key, []).append((record, folder))
    holders = (
        (record, [folder for other, folder in of_run[record.key] if other == record])
        for record in best
    )
    content, number = pack_predictions(holders, target, left_out)
    path = target / PACKED_PREDICTIONS
    return _PlannedFile(path, number, content) if number or path.exists() else None


def _packable(folder: Path, left_out: list[str]) -> list[Record]:
    contents = Ledger(folder).read()
    left_out += [f"{folder / 'runs' / name}: {why}" for name, why in contents.corrupt.items()]
    finished = [record for record in contents.records if record.status != "cancelled"]
    if cancelled := len(contents.records) - len(finished):
        left_out.append(f"{folder}: {counted(cancelled, 'cancelled run')}")
    return finished


def _study_note(sources: Iterable[Path], target: Path) -> bytes | None:
    """The first `study.json` of the sources; None if the target has one or they have none."""
    if (target / STUDY_FILE).exists():
        return None
    found = (_content(source / STUDY_FILE) for source in sources)
    return next((content for content in found if content is not None), None)


def _choices(
    sources: Iterable[Path], target: Path, left_out: list[str]
) -> list[dict[str, Any]] | None:
    """What the searches chose for each task and method, the last one's choice where they differ.

    None if that is what the target has already.
    """
    own = _own_choices(target)
    chosen = dict(own)
    for source in sources:
        try:
            chosen |= _read_choices(source / CHOICES_FILE)
        except (OSError, ValueError) as error:
            left_out.append(f"{source / CHOICES_FILE}: {error}")
    return list(chosen.values()) if chosen != own else None


def _own_choices(target: Path) -> dict[tuple[str, str], dict[str, Any]]:
    path = target / CHOICES_FILE
    try:
        return _read_choices(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} has no choices ({error}): mend it or move it away") from error


def _read_choices(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    entries = parse_json(read_regular(path), finite=True) if path.exists() else []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("expected a list of objects")
    return {(str(entry.get("task")), str(entry.get("method"))): entry for entry in entries}


def _content(path: Path) -> bytes | None:
    """None if there is no such file; what no study writes counts as none."""
    try:
        return read_regular(path)
    except (OSError, ValueError):
        return None


def _has_predictions(source: Path) -> bool:
    return any(any((source / part / "predictions").glob("*.npz")) for part in _PARTS)


def _distinct(folders: Iterable[Path]) -> list[Path]:
    """The folders, each once however it is written, in their order."""
    return list({folder.resolve(): folder for folder in folders}.values())
