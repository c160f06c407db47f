"""The ledger of a study: one JSON file per run, whole or not there.

Records that were packed into one file count as there. It is only read here.

Beside a record lies one file with the predictions of its run. It is in place before the record is,
so that a record of a finished run always has its predictions, whenever the process is killed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from .._checksum import with_checksum
from .._exceptions import DataError
from .._folders import require_writable
from .._whole_file import whole_file, write_whole
from .outcome import Outcome
from .packed import (
    PACKED_FILE,
    Unpacked,
    is_there,
    record_name,
    unpack_records,
)
from .prediction_file import write_predictions
from .read_record import parse_record, read_record
from .schema import Record, clean_text
from .spec import RunSpec
from .which import best_of_each

_LONGEST_REASON = 200
_LONGEST_LINE = 1000

CONTENT = ("data_hash", "model_hash", "unlabelled_hash", "method_options")
"""Keys of a spec that follow from the rows, weights, texts and the method's defaults."""


@dataclass(frozen=True)
class Contents:
    """What a ledger holds.

    Args:
        records: The records, in the order of their file names.
        corrupt: File name -> why it cannot be read as a record, in one line; a packed file is not
            among them.
    """

    records: list[Record] = field(default_factory=list)
    corrupt: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stale:
    """A record that a planned run does not agree with.

    Args:
        record: The record.
        spec: The planned run of the same recipe.
        differs: What differs, some of `CONTENT`.
    """

    record: Record
    spec: RunSpec
    differs: tuple[str, ...]


class Ledger:
    """The records under `folder/runs` and the predictions under `folder/predictions`.

    Records in `folder/runs.jsonl.xz` count too. Of a run that stands in both, the one with a result
    counts, then the one that finished last; of equals the one under `runs`. Where that file is
    damaged, whatever reads records raises DataError: to go on without it would train again what is
    there.

    Args:
        folder: The folder of the study; it is made when the first record is added.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.predictions = folder / "predictions"
        self._packed_as_of: tuple[object, list[Record]] = (None, [])
        self._read_as_of: dict[str, tuple[object, Record]] = {}

    def require_writable(self) -> None:
        """Make the folder and try to write there.

        Raises:
            ConfigError: If nothing can be written.
        """
        require_writable(self.folder, self.runs.name)

    def add(self, outcome: Outcome) -> Path:
        """Write a record and its predictions, each under a temporary name that is then renamed.

        Files of an earlier outcome of the same run are replaced, but a run without a result does
        not take the place of one that has it: another writer may have finished it meanwhile.

        Returns:
            The file of the record.
        """
        record, predictions = outcome.record, outcome.predictions
        text = _text(record)
        self.runs.mkdir(parents=True, exist_ok=True)
        path, beside = self.runs / file_name(record), self.predictions_of(record)
        if not record.has_result and self.has(record.key):
            return path
        if predictions is not None:
            self.predictions.mkdir(exist_ok=True)
            with whole_file(beside, sweeps=False) as file:
                write_predictions(file, predictions)
        write_whole(path, text, sweeps=False)
        if predictions is None:
            beside.unlink(missing_ok=True)
        return path

    def rewrite(self, record: Record) -> Path:
        """Write a record anew, of a run whose predictions stay as they are.

        A record that is packed gets a file of its own, which counts instead.
        """
        self.runs.mkdir(parents=True, exist_ok=True)
        return write_whole(self.runs / file_name(record), _text(record), sweeps=False)

    def predictions_of(self, record: Record) -> Path:
        """The file of the predictions of a record, whether it is there or not."""
        return self.predictions / Path(file_name(record)).with_suffix(".npz").name

    def read(self) -> Contents:
        """One record of each run, and the names of the files that hold none.

        Only files that have changed since the last call are read again.

        Raises:
            DataError: If the packed file is damaged.
        """
        contents = Contents()
        before, self._read_as_of = self._read_as_of, {}
        for path in sorted(self.runs.glob("*.json")):
            try:
                as_of, record = before.get(path.name, (None, None))
                now = _state(path)
                if record is None or as_of != now:
                    record = read_record(path)
            except (OSError, ValueError) as error:
                contents.corrupt[path.name] = " ".join(str(error).split())
            else:
                self._read_as_of[path.name] = now, record
                contents.records.append(record)
        kept = best_of_each_run([*self.packed(), *contents.records])
        return Contents(sorted(kept, key=file_name), contents.corrupt)

    def finished(self) -> set[str]:
        """The keys of the runs whose result is there; failed and cancelled runs have none."""
        return {record.key for record in self.read().records if record.has_result}

    def has(self, key: str) -> bool:
        """Whether the result of the run with this key is there."""
        return key in self.finished()

    def of_runs(self, specs: Iterable[RunSpec]) -> dict[str, Record]:
        """The records of these runs, as far as they are there, by the keys of the runs."""
        asked = {spec.key for spec in specs}
        return {record.key: record for record in self.read().records if record.key in asked}

    def packed(self) -> list[Record]:
        """The packed records; the file is read again only when it has changed.

        Raises:
            DataError: If the packed file is damaged.
        """
        if not is_there(self.folder):
            return []
        path = self.folder / PACKED_FILE
        try:
            as_of = _state(path)
            if self._packed_as_of[0] != as_of:
                self._packed_as_of = as_of, _every_record(unpack_records(path, parse_record))
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path} cannot be read: {getattr(error, 'strerror', None) or error}; put a whole "
                "copy of it back, or move it away to repeat its runs"
            ) from error
        return self._packed_as_of[1]

    def stale(self, specs: Iterable[RunSpec]) -> list[Stale]:
        """Records of runs that are planned now with other data, another model or method options.

        Such a record stands for the same run as a planned one, but its result is another's.

        Args:
            specs: The planned runs.

        Returns:
            Those of the ledger, in the order of their file names.
        """
        specs = list(specs)
        planned = {spec.key for spec in specs}
        by_what = {_asked(spec.as_dict()): spec for spec in specs}
        found = []
        for record in self.read().records:
            then = record.spec.fields
            spec = by_what.get(_asked(then))
            if spec is not None and record.key not in planned:
                now = spec.as_dict()
                differs = tuple(key for key in CONTENT if then.get(key) != now[key])
                found.append(Stale(record, spec, differs))
        return found

    def set_corrupt_aside(self) -> list[str]:
        """Rename files that hold no record, so that their runs count as missing.

        Returns:
            A line to be shown for each of them.
        """
        found = self.read().corrupt.items()
        return [
            clean_text(
                f"{name} is not a record ({reason}): set aside as {self._set_aside(name).name}",
                _LONGEST_LINE,
            )
            for name, reason in found
        ]

    def _set_aside(self, name: str) -> Path:
        """Rename a file; nothing is lost."""
        numbered = (f"{name}.corrupt{number or ''}" for number in count())
        aside = next(path for other in numbered if not (path := self.runs / other).exists())
        os.replace(self.runs / name, aside)
        return aside


def _state(path: Path) -> object:
    """What differs once a file has been replaced or changed."""
    state = path.stat()
    return state.st_mtime_ns, state.st_size, state.st_ino


def file_name(record: Record) -> str:
    """The name of a record's file."""
    return f"{recorded_name(record)}.json"


def recorded_name(record: Record) -> str:
    """What the files and folders of a recorded run are called, without their suffix.

    The same run planned anew may have another `run_name`: in fields that change no result.
    """
    return record_name(record.spec.method, record.spec.seed, record.spec_hash)


def run_name(spec: RunSpec) -> str:
    """What the files and folders of a run that is to be carried out are called."""
    return record_name(spec.method, spec.seed, spec.hash)


def best_of_each_run(records: Iterable[Record]) -> list[Record]:
    """One record of each run: the one that says most of it, and of equals the last."""
    return best_of_each(records, lambda record: record.key, lambda record: record.rank)


def _text(record: Record) -> bytes:
    return (json.dumps(with_checksum(record.content()), indent=1) + "\n").encode()


def _every_record(found: Unpacked[Record]) -> list[Record]:
    """The records of a packed file all of whose lines hold one.

    Raises:
        ValueError: If one does not.
    """
    if not found.problems:
        return list(found.records)
    number, reason = found.problems[0]
    more = f" (and {len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
    raise ValueError(f"line {number}{more} has no record: {reason[:_LONGEST_REASON]}")


def _asked(spec: Mapping[str, Any]) -> str:
    """What a run was asked to be, without what the names in it stood for."""
    return json.dumps({k: v for k, v in spec.items() if k not in CONTENT}, sort_keys=True)
