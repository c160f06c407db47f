"""The folder of a model: what lies in it, and how results appear in it whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Literal

from .._exceptions import ConfigError
from .._folders import decoded
from .._one_writer import LOCK
from .._untrusted import json_object
from .._whole_file import write_json
from .model_record import ModelRecord, model_record

RECORD = "record.json"
PREDICTIONS = "predictions.npz"
PLAN_KEY = "plan_hash"
_WORK = "checkpoints"
_PLAN = "plan.json"
_CURVES = "curves"
_SHOWN = 3

State = Literal["new", "unfinished"] | ModelRecord
"""How far a work is; a finished one has its record."""


class OutputFolder:
    """The folder that a model is to be saved in.

    While the work goes on everything lies in `checkpoints`; results are moved out of it when they
    are whole, the record last.

    Args:
        folder: The folder; it need not exist.
        plan_hash: What the work is recognised by.
        older: What a finished one from before is recognised by: a hash, and the metric of its task.
    """

    def __init__(self, folder: Path, plan_hash: str, older: tuple[str, str] | None = None) -> None:
        self.folder = folder
        self.work = folder / _WORK
        self.result = self.work / "result"
        self.curves = folder / _CURVES
        self._plan_hash = plan_hash
        self._older = older

    def open(self) -> State:
        """How far this work is; afterwards the folder is there and can be written to.

        Raises:
            ConfigError: If something else lies there, or it cannot be written to.
        """
        if (record := self._finished()) is not None:
            shutil.rmtree(self.work, ignore_errors=True)  # of a call that was stopped at its end
            return record
        if _read(self.work / _PLAN).get(PLAN_KEY) == self._plan_hash:
            return "unfinished"
        if (name := decoded(str(self.folder))) != str(self.folder):
            raise ConfigError(
                f"the name of {name} is not UTF-8, as tokenizers need it; name another folder with "
                "`out`"
            )
        try:
            self._require_empty()
            self.work.mkdir(parents=True, exist_ok=True)
            write_json(self.work / _PLAN, {PLAN_KEY: self._plan_hash})
        except OSError as error:
            raise ConfigError(
                f"cannot write to {self.folder} ({error.strerror}); name another folder with `out`"
            ) from error
        return "new"

    def clean_result(self) -> Path:
        """An empty folder for the results."""
        shutil.rmtree(self.result, ignore_errors=True)
        self.result.mkdir()
        return self.result

    def publish(self) -> None:
        """Move the results to their places, and remove what was needed on the way."""
        found = sorted(self.result.iterdir(), key=lambda path: path.name == RECORD)
        for path in found:
            target = self.folder / path.name
            if target.is_dir():
                shutil.rmtree(target)
            os.replace(path, target)
        shutil.rmtree(self.work)

    def discard(self) -> None:
        """Remove what this work left, and the folder if nothing else is in it."""
        shutil.rmtree(self.curves, ignore_errors=True)
        for path in self.work.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(self.work, ignore_errors=True)  # the plan last: it says whose work it is

    def _finished(self) -> ModelRecord | None:
        """The record of the model that lies there, if it is the one that is asked for."""
        content = _read(self.folder / RECORD)
        hashed = content.get(PLAN_KEY)
        if hashed != self._plan_hash and (self._older is None or hashed != self._older[0]):
            return None
        try:
            record = model_record(content)
        except ValueError as error:
            raise ConfigError(
                f"{self.folder / RECORD} is damaged ({error}); name another folder with `out`, or "
                "remove this one"
            ) from error
        same = hashed == self._plan_hash or self._older == (hashed, record.task.metric)
        return record if same else None

    def _require_empty(self) -> None:
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise ConfigError(f"{self.folder} is a file; name a folder with `out`")
        begun = self.work.name if not any(self.work.glob("[!.]*")) else ""
        names = sorted(
            path.name for path in self.folder.iterdir() if path.name not in (LOCK, begun)
        )
        if not names:
            return
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        raise ConfigError(
            f"{self.folder} is not empty: {self._whose()} ({shown}); name another folder with "
            "`out`, or remove it"
        )

    def _whose(self) -> str:
        if isinstance(spec := _read(self.folder / RECORD).get("spec"), dict):
            return f"it has a model of {spec.get('method')} on {spec.get('task')}"
        if (self.work / _PLAN).exists():
            return "it has the unfinished work of another command"
        return "it has other files"


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where there is none."""
    try:
        return json_object(path)
    except (OSError, ValueError):
        return {}
