"""Where a run keeps its model and its checkpoints, and which checkpoint is whole."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

_NAME = re.compile(r"checkpoint-(\d+)")
_STATE = "trainer_state.json"


@dataclass(frozen=True)
class Workspace:
    """Folders of one run. They change nothing about its result.

    Args:
        model: The folder that the trained model and its tokenizer are saved in: it is there whole
            or not at all; None keeps no model.
        checkpoints: Folder of the checkpoints, from which the run goes on if it was stopped; None
            for a run that starts anew then.
        curves: Folder for TensorBoard's files, if the run is told to report to it.
    """

    model: Path | None = None
    checkpoints: Path | None = None
    curves: Path | None = None


def last_checkpoint(folder: Path) -> Path | None:
    """The latest checkpoint that is whole: its state is written last, so that it can be read.

    Args:
        folder: Where the trainer writes its checkpoints; it need not exist.
    """
    found = [(int(m[1]), path) for path in folder.glob("*") if (m := _NAME.fullmatch(path.name))]
    return next((path for _, path in sorted(found, reverse=True) if _is_whole(path)), None)


def replace_folder(folder: Path, write: Callable[[Path], object]) -> None:
    """Make a folder that others see whole or not at all, in place of what is there.

    Args:
        folder: The folder.
        write: Called with a temporary folder beside it, to fill it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{uuid4().hex}.tmp")
    try:
        temporary.mkdir()
        write(temporary)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _is_whole(checkpoint: Path) -> bool:
    try:
        return isinstance(json.loads((checkpoint / _STATE).read_text()), dict)
    except (OSError, ValueError):
        return False
