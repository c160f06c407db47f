"""Reading a folder of records: good ones are returned, bad ones are named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..._exceptions import DataError
from ..._untrusted import read_regular
from ...records.packed import PACKED_FILE, checked_name, is_there, unpack_records
from ...records.read_record import parse_tolerantly, validated
from ...records.schema import Origin, Record, clean_text, require_own_hash
from ...records.spec import by_content, spec_hash_of
from ...records.which import Rank, best_of_each
from .run import Run, Shelf

MOST_LINES_NAMED = 20

T = TypeVar("T")


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
    records, warnings = _read_all(Path(folder), Record.model_dump)
    return Loaded(tuple(records), tuple(warnings))


def parse_folders(folders: Sequence[str | Path]) -> tuple[list[Run], list[str]]:
    """The runs of several folders, and a line for each file that could not be read.

    Raises:
        DataError: If one of them is not a folder of records, or none holds a record.
    """
    records: list[Run] = []
    warnings: list[str] = []
    shelf = Shelf()
    for folder in dict.fromkeys(Path(folder) for folder in folders):
        found, problems = _read_all(folder, shelf.run)
        records += found
        prefix = f"{clean_text(str(folder))}: " if len(folders) > 1 else ""
        warnings += [f"{prefix}{problem}" for problem in problems]
    if not records:
        where = ", ".join(clean_text(str(Path(folder) / "runs")) for folder in folders)
        first = f"; {warnings[0]}" if warnings else ""
        raise DataError(f"no readable record under {where}: run a study first{first}")
    return records, warnings


def parse_folder(folder: str | Path) -> tuple[list[Run], list[str]]:
    """The runs of a folder, and a line for each file that could not be read."""
    return _read_all(Path(folder), Shelf().run)


@dataclass(frozen=True, slots=True)
class _Found(Generic[T]):
    """A record that was read: the name of its file, which of its run's it is, what is kept."""

    stem: str
    rank: Rank
    kept: T


def _read_all(folder: Path, keep: Callable[[Record], T]) -> tuple[list[T], list[str]]:
    """What `keep` makes of each record as it is read, so that not all are held at once."""
    _require_study(folder)

    def placed(content: bytes, stem: str = "") -> _Found[T]:
        record = parse_tolerantly(content)
        stem = stem or checked_name(record.spec.method, record.spec.seed, record.spec_hash)
        if record.spec_hash:
            require_own_hash(record)
        origin = Origin(folder=str(folder), stem=stem)
        return _Found(stem, record.rank, keep(record.model_copy(update={"origin": origin})))

    single, warnings = _read_files(folder, placed)
    packed, problems = _read_packed(folder, placed)
    found = _joined(packed, single) if packed else single
    return [each.kept for each in found], warnings + problems


def _require_study(folder: Path) -> None:
    if not (folder / "runs").is_dir() and not is_there(folder):
        raise DataError(
            f"{clean_text(str(folder / 'runs'))} is not a folder: expected the output folder of a "
            f"study, which holds its records under runs/ or in {PACKED_FILE}"
        )


def _read_files(
    folder: Path, placed: Callable[[bytes, str], _Found[T]]
) -> tuple[list[_Found[T]], list[str]]:
    found: list[_Found[T]] = []
    warnings: list[str] = []
    for path in sorted((folder / "runs").glob("*.json")):
        try:
            found.append(placed(read_regular(path), path.stem))
        except (OSError, ValueError) as error:
            warnings.append(f"{clean_text(path.name)} was left out: {_reason(error)}")
    return found, warnings


def _read_packed(
    folder: Path, placed: Callable[[bytes], _Found[T]]
) -> tuple[list[_Found[T]], list[str]]:
    """Nothing of a damaged file is taken: the rest would not be a fair sample of its runs."""
    if not is_there(folder):
        return [], []
    try:
        unpacked = unpack_records(folder / PACKED_FILE, placed)
    except (OSError, ValueError) as error:
        return [], [f"{PACKED_FILE} was left out: {_reason(error)}"]
    problems = [
        f"{PACKED_FILE}: line {number} was left out: {clean_text(reason)}"
        for number, reason in unpacked.problems[:MOST_LINES_NAMED]
    ]
    if more := len(unpacked.problems) - len(problems):
        problems.append(f"{PACKED_FILE}: {more} more lines were left out")
    return list(unpacked.records), problems


def _joined(packed: Iterable[_Found[T]], single: Iterable[_Found[T]]) -> list[_Found[T]]:
    """One record of each run, in the order of the names of their files."""
    best = best_of_each([*packed, *single], lambda f: f.stem, lambda f: f.rank)
    return sorted(best, key=lambda f: f.stem)


def _reason(error: Exception) -> str:
    return clean_text(str(getattr(error, "strerror", None) or error))


def checked(records: Iterable[Run | Mapping[str, Any]]) -> tuple[list[Run], list[str]]:
    """The records that are valid, and a line for each that is not. Of each run one stays: a
    finished one rather than one that failed, and of equals the last.

    A run that was repeated has the same spec twice, and one whose method has other defaults since
    has a spec that differs in them alone; counting both would pretend to more seeds.
    """
    valid: list[Run] = []
    warnings: list[str] = []
    shelf = Shelf()
    for index, record in enumerate(records):
        try:
            valid.append(record if isinstance(record, Run) else shelf.run(validated(dict(record))))
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


def _latest(runs: Sequence[Run], but: frozenset[str] = frozenset()) -> list[Run]:
    """One run of each spec and arm, whatever the fields `but` of its spec are."""

    def key(run: Run) -> tuple[str, str]:
        fields = {name: value for name, value in run.spec.fields.items() if name not in but}
        return spec_hash_of(by_content(fields)), run.method

    return best_of_each(runs, key, lambda run: run.rank)
