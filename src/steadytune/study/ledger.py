"""The ledger of a study: one JSON file a run, whole or not there, safe with many writers.

Beside it lies one file with the predictions of the run. It is in place before the record is, so
that a record of a finished run always has its predictions, whenever the process is killed.
"""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._exceptions import ConfigError
from .._prediction_file import write_predictions
from .._whole_file import write_whole
from .outcome import Outcome
from .record import FINISHED, VERSION, Record
from .spec import RunSpec

_STATUSES = ("ok", "diverged", "failed", "cancelled")
_SLUG_LENGTH = 60

CONTENT = ("data_hash", "model_hash", "method_options")
"""Keys of a spec that follow from the rows, the weights and the method's defaults as they are."""


@dataclass(frozen=True)
class Contents:
    """What a ledger holds.

    Args:
        records: The records, in the order of their file names.
        corrupt: File name -> why it cannot be read as a record, in one line.
    """

    records: list[Record] = field(default_factory=list)
    corrupt: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stale:
    """A record that a planned run does not agree with.

    Args:
        record: The record.
        spec: The planned run of the same setting.
        differs: What differs, some of `CONTENT`.
    """

    record: Record
    spec: RunSpec
    differs: tuple[str, ...]


class Ledger:
    """The records under `folder/runs` and the predictions under `folder/predictions`.

    Args:
        folder: The folder of the study; it is made when the first record is added.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.predictions = folder / "predictions"

    def require_writable(self) -> None:
        """Make the folder and try to write there.

        Raises:
            ConfigError: If nothing can be written.
        """
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.runs):
                pass
        except OSError as error:
            raise ConfigError(
                f"cannot write to {self.folder} ({error.strerror}); name another folder with --out"
            ) from error

    def add(self, outcome: Outcome) -> Path:
        """Write a record and its predictions, each under a temporary name that is then renamed.

        Files of an earlier outcome of the same run are replaced, but a run without a result does
        not take the place of one that has it: another writer may have finished it meanwhile.

        Returns:
            The file of the record.
        """
        record, predictions = outcome.record, outcome.predictions
        text = json.dumps(record, indent=1, allow_nan=False) + "\n"
        self.runs.mkdir(parents=True, exist_ok=True)
        path, beside = self.runs / file_name(record), self.predictions_of(record)
        if record["status"] not in FINISHED and self.has(record["spec_hash"]):
            return path
        if predictions is not None:
            self.predictions.mkdir(exist_ok=True)
            archive = io.BytesIO()
            write_predictions(archive, predictions)
            write_whole(beside, archive.getvalue())
        write_whole(path, text.encode())
        if predictions is None:
            beside.unlink(missing_ok=True)
        return path

    def predictions_of(self, record: Record) -> Path:
        """The file of the predictions of a record, whether it is there or not."""
        return self.predictions / Path(file_name(record)).with_suffix(".npz").name

    def read(self) -> Contents:
        """All records, and the names of the files that hold none."""
        contents = Contents()
        for path in sorted(self.runs.glob("*.json")):
            try:
                contents.records.append(read_record(path))
            except (OSError, ValueError) as error:
                contents.corrupt[path.name] = " ".join(str(error).split())
        return contents

    def finished(self) -> set[str]:
        """The hashes of the specs whose result is there; failed and cancelled runs have none."""
        return {r["spec_hash"] for r in self.read().records if r["status"] in FINISHED}

    def has(self, spec_hash: str) -> bool:
        """Whether the result of a spec is there."""
        return any(
            record["status"] in FINISHED
            for record in (_try_read(path) for path in self.runs.glob(f"*-{spec_hash}.json"))
            if record is not None
        )

    def stale(self, specs: Iterable[RunSpec]) -> list[Stale]:
        """Records of runs that are planned now with other data, another model or method options.

        Such a record stands for the same run as a planned one, but its result is another's.

        Args:
            specs: The planned runs.

        Returns:
            Those of the ledger, in the order of their file names.
        """
        specs = list(specs)
        planned = {spec.hash for spec in specs}
        by_setting = {_setting(spec.as_dict()): spec for spec in specs}
        found = []
        for record in self.read().records:
            spec = by_setting.get(_setting(record["spec"]))
            if spec is not None and record["spec_hash"] not in planned:
                now = spec.as_dict()
                differs = tuple(key for key in CONTENT if record["spec"].get(key) != now[key])
                found.append(Stale(record, spec, differs))
        return found

    def set_aside(self, name: str) -> Path:
        """Rename a corrupt file, so that its run counts as missing and nothing is lost."""
        path = self.runs / name
        aside = path.with_name(f"{name}.corrupt")
        os.replace(path, aside)
        return aside


def file_name(record: Record) -> str:
    """The name of a record's file."""
    spec = record["spec"]
    return f"{_name(spec['method'], spec['seed'], record['spec_hash'])}.json"


def run_name(spec: RunSpec) -> str:
    """What the files and folders of a run are called, without their suffix."""
    return _name(spec.method, spec.seed, spec.hash)


def _name(method: str, seed: int, spec_hash: str) -> str:
    """Method, seed and hash, without characters that need quoting."""
    slug = re.sub(r"[^A-Za-z0-9.=+-]+", "_", method)[:_SLUG_LENGTH].strip("_.")
    return f"{slug}-seed{seed}-{spec_hash}"


def read_record(path: Path) -> Record:
    """Read one record.

    Raises:
        ValueError: If the file holds no record, with the reason.
        OSError: If it cannot be read.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
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
    if not path.stem.endswith(f"-{record['spec_hash']}"):
        raise ValueError(f"spec_hash {record['spec_hash']} does not fit the file's name")
    _require(record["spec"], "method", str)
    _require(record["spec"], "seed", int)
    return record


def _setting(spec: Mapping[str, Any]) -> str:
    """What a run was asked to be, without what the names in it stood for."""
    return json.dumps({k: v for k, v in spec.items() if k not in CONTENT}, sort_keys=True)


def _require(record: dict[str, Any], key: str, kind: type) -> None:
    if not isinstance(record.get(key), kind):
        raise ValueError(f"{key} is missing or of another type than {kind.__name__}")


def _try_read(path: Path) -> Record | None:
    try:
        return read_record(path)
    except (OSError, ValueError):
        return None
